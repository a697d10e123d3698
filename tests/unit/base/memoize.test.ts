import { expect } from "chai";
import { VnicError } from "../../../provider/base/errors.ts";
import { memoize } from "../../../provider/base/memoize.ts";
import { rejection } from "../../fakes/cluster.ts";

describe("memoized results", () => {
  /** The keys that were asked for. */
  let asked: string[];
  let there: Map<string, string>;
  let ask: (key: string) => Promise<string | undefined>;
  beforeEach(() => {
    asked = [];
    there = new Map([["db", "one"]]);
    ask = memoize(
      async (key: string) => {
        asked.push(key);
        if (key === "broken") throw new VnicError("failed", "it is broken");
        return there.get(key);
      },
      (key) => key,
    );
  });

  it("are computed once for each key", async () => {
    there.set("web", "two");
    expect(await Promise.all([ask("db"), ask("db"), ask("web")])).to.deep.equal(["one", "one", "two"]);
    there.set("db", "another");
    expect(await ask("db")).to.equal("one");
    expect(asked).to.deep.equal(["db", "web"]);
  });

  it("are computed again when there was no result, or when it failed", async () => {
    expect(await ask("web")).to.equal(undefined);
    there.set("web", "two");
    expect(await ask("web")).to.equal("two");
    for (let time = 1; time <= 2; time++) expect((await rejection(ask("broken"))).message).to.equal("it is broken");
    expect(asked).to.deep.equal(["web", "web", "broken", "broken"]);
  });
});
