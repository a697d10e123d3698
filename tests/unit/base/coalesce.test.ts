import { expect } from "chai";
import { coalesce } from "../../../provider/base/coalesce.ts";

describe("shared reads", () => {
  /** Reads that have started, each with a function that ends it. */
  let begun: { readonly key: string; readonly end: (value: string) => void; readonly fail: (error: Error) => void }[];
  let ask: (key: string) => Promise<string>;
  beforeEach(() => {
    begun = [];
    ask = coalesce(
      (key: string) => new Promise<string>((end, fail) => begun.push({ key, end, fail })),
      (key) => key,
    );
  });
  const keys = () => begun.map(({ key }) => key);

  it("begin at once for the first caller", async () => {
    const answer = ask("db");
    expect(keys()).to.deep.equal(["db"]);
    begun[0]?.end("first");
    expect(await answer).to.equal("first");
  });

  it("serve all callers that come during a read with one further read, which begins after they came", async () => {
    const first = ask("db");
    const later = [ask("db"), ask("db"), ask("db")];
    expect(keys()).to.deep.equal(["db"]);
    begun[0]?.end("first");
    expect(await first).to.equal("first");
    expect(keys()).to.deep.equal(["db", "db"]);
    const last = ask("db");
    begun[1]?.end("second");
    expect(await Promise.all(later)).to.deep.equal(["second", "second", "second"]);
    expect(keys()).to.deep.equal(["db", "db", "db"]);
    begun[2]?.end("third");
    expect(await last).to.equal("third");
  });

  it("never return what was read before the caller asked", async () => {
    const first = ask("db");
    begun[0]?.end("first");
    await first;
    const second = ask("db");
    expect(keys()).to.deep.equal(["db", "db"]);
    begun[1]?.end("second");
    expect(await second).to.equal("second");
  });

  it("don't wait for reads with another key", () => {
    void ask("db");
    void ask("web");
    expect(keys()).to.deep.equal(["db", "web"]);
  });

  it("reject only the callers that share the failed read", async () => {
    const outcome = (promise: Promise<string>) => promise.catch((error: Error) => `failed: ${error.message}`);
    const first = outcome(ask("db"));
    const later = [outcome(ask("db")), outcome(ask("db"))];
    begun[0]?.fail(new Error("cut"));
    expect(await first).to.equal("failed: cut");
    begun[1]?.end("second");
    expect(await Promise.all(later)).to.deep.equal(["second", "second"]);
    const last = outcome(ask("db"));
    begun[2]?.fail(new Error("gone"));
    expect(await last).to.equal("failed: gone");
  });
});
