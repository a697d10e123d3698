import { expect } from "chai";
import type { progressOf, warningOf } from "../../../provider/hooks/progress.ts";
import { FakeEngine } from "../../fakes/engine.ts";
import { until } from "../../lab/run.ts";

describe("a text on a resource's row", () => {
  const formerAddress = process.argv[2];
  let engine: FakeEngine;
  before(async () => {
    engine = await new FakeEngine().start();
    process.argv[2] = engine.address;
  });
  after(() => {
    if (formerAddress === undefined) process.argv.splice(2, 1);
    else process.argv[2] = formerAddress;
    engine.stop();
  });

  it("has no control characters, whoever has written it", async () => {
    // A module of its own, because it connects to the engine only once.
    const own = "../../../provider/hooks/progress.ts?own";
    const rows = (await import(own)) as { progressOf: typeof progressOf; warningOf: typeof warningOf };
    rows.progressOf("urn:a")("waiting for pod shop/db to run: \u001b]0;pwned\u0007\u001b[30m");
    rows.warningOf("urn:a")("\u202eelif");
    await until("the engine to have both", 10, async () => (engine.lines.length === 2 ? true : undefined));
    expect(engine.lines.map(({ message }) => message)).to.have.members([
      "waiting for pod shop/db to run: \ufffd]0;pwned\ufffd\ufffd[30m",
      "\ufffdelif",
    ]);
  });
});
