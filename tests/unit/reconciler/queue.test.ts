import { expect } from "chai";
import { type Outcome, Queue } from "../../../provider/reconciler/queue.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";

interface Visit {
  readonly key: string;
  end(outcome?: Outcome): void;
  fail(): void;
}

describe("the reconciler's queue", () => {
  let clock: FakeClock;
  let visits: Visit[];
  let errors: string[];
  let queue: Queue;

  beforeEach(() => {
    clock = new FakeClock();
    visits = [];
    errors = [];
    queue = new Queue({
      clock,
      width: () => 2,
      onError: (key) => errors.push(key),
      work: (key) =>
        new Promise((resolve, reject) => {
          visits.push({
            key,
            end: (outcome = {}) => resolve(outcome),
            fail: () => reject(new Error("no")),
          });
        }),
    });
  });

  const keys = () => visits.map(({ key }) => key);
  const last = () => visits[visits.length - 1];

  it("works on a key once, however often it was added before", async () => {
    for (const key of ["a", "b", "c", "c"]) queue.add(key);
    expect(keys()).to.deep.equal(["a", "b"]);
    expect(queue.depth).to.equal(1);
    visits[0]?.end();
    await settle();
    expect(keys()).to.deep.equal(["a", "b", "c"]);
    expect(queue.depth).to.equal(0);
  });

  it("never works on one key twice at once, but once more if it was added in the meantime", async () => {
    queue.add("a");
    queue.add("a");
    queue.add("a");
    await settle();
    expect(keys()).to.deep.equal(["a"]);
    visits[0]?.end();
    await settle();
    expect(keys()).to.deep.equal(["a", "a"]);
    visits[1]?.end();
    await settle();
    expect(keys()).to.deep.equal(["a", "a"]);
  });

  it("works on a key again after the requested time, or sooner when it is added before", async () => {
    queue.add("a");
    visits[0]?.end({ againInSeconds: 60 });
    await settle();
    await clock.advance(59);
    expect(visits).to.have.length(1);
    await clock.advance(1);
    expect(visits).to.have.length(2);
    last()?.end({ againInSeconds: 60 });
    await settle();
    queue.add("a");
    last()?.end();
    await settle();
    await clock.advance(120);
    expect(visits).to.have.length(3);
  });

  it("doubles the wait after each failure, up to 30 s, and starts over after a success", async () => {
    queue.add("a");
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = visits.length;
      last()?.fail();
      await settle();
      await clock.advance(seconds - 0.1);
      expect(visits).to.have.length(before);
      await clock.advance(0.1);
      expect(visits).to.have.length(before + 1);
    }
    expect(errors).to.have.length(7);
    last()?.end();
    await settle();
    queue.add("a");
    last()?.fail();
    await settle();
    await clock.advance(1);
    expect(visits).to.have.length(10);
  });

  describe("with many keys that fail together", () => {
    const count = 40;
    let begun: { readonly key: string; readonly at: number }[];
    let crowd: Queue;

    beforeEach(async () => {
      begun = [];
      crowd = new Queue({
        clock,
        width: () => 64,
        onError: () => undefined,
        work: async (key) => {
          begun.push({ key, at: clock.now() });
          if (key.startsWith("loud/")) throw new Error("no");
          return {};
        },
      });
      for (let index = 0; index < count; index++) crowd.add(`loud/${index}`);
      await settle();
    });
    afterEach(() => crowd.stop());

    it("spreads their retries over time, and retries each", async () => {
      await clock.advance(120);
      const perKey = Map.groupBy(begun, ({ key }) => key);
      expect([...perKey.values()].map(({ length }) => length)).to.satisfy((all: number[]) => Math.min(...all) >= 6);
      const retries = begun.slice(count).map(({ at }) => at);
      const gaps = retries.slice(1).map((at, index) => at - (retries[index] ?? 0));
      expect(Math.min(...gaps)).to.be.at.least(99);
    });

    it("doesn't delay the retry of another namespace's key, or their own first attempt after a change", async () => {
      crowd.add("quiet/0");
      await clock.advance(0.5);
      crowd.add("loud/39");
      await settle();
      expect(begun.at(-1)?.key).to.equal("loud/39");
      expect(begun.filter(({ key }) => key === "quiet/0")).to.have.length(1);
    });
  });

  it("continues with other keys while one waits after a failure", async () => {
    queue.add("a");
    visits[0]?.fail();
    await settle();
    queue.add("b");
    expect(keys()).to.deep.equal(["a", "b"]);
  });

  it("begins nothing once it is stopped, and waits for running work", async () => {
    queue.add("a");
    queue.add("b");
    queue.add("c");
    let stopped = false;
    const stopping = queue.stop().then(() => (stopped = true));
    visits[0]?.end({ againInSeconds: 1 });
    await settle();
    expect(stopped).to.equal(false);
    visits[1]?.end();
    await stopping;
    await clock.advance(60);
    expect(keys()).to.deep.equal(["a", "b"]);
  });

  it("doesn't shorten the wait after a failure for a change that the work may have made itself, but for any other", async () => {
    queue.add("a");
    queue.addQuietly("a");
    visits[0]?.fail();
    await settle();
    queue.addQuietly("a");
    await settle();
    expect(visits).to.have.length(1);
    await clock.advance(1);
    expect(visits).to.have.length(2);
    visits[1]?.fail();
    await settle();
    queue.add("a");
    expect(visits).to.have.length(3);
    visits[2]?.end();
    await settle();
    queue.addQuietly("a");
    expect(visits).to.have.length(4);
  });

  it("works again after a change during its work, when that succeeds", async () => {
    queue.add("a");
    queue.addQuietly("a");
    visits[0]?.end();
    await settle();
    expect(keys()).to.deep.equal(["a", "a"]);
  });

  it("serves namespaces in turn, and reserves a slot for another namespace", async () => {
    const wide = new Queue({
      clock,
      width: () => 4,
      onError: () => undefined,
      work: (key) =>
        new Promise((resolve) => visits.push({ key, end: (outcome = {}) => resolve(outcome), fail: () => undefined })),
    });
    for (let index = 0; index < 1000; index++) wide.add(`loud/${index}`);
    expect(keys()).to.deep.equal(["loud/0", "loud/1", "loud/2"]);
    wide.add("quiet/0");
    expect(last()?.key).to.equal("quiet/0");
    for (const key of ["quiet/1", "quiet/2", "third/0"]) wide.add(key);
    visits[0]?.end();
    await settle();
    expect(last()?.key).to.equal("third/0");
    visits[1]?.end();
    await settle();
    visits[2]?.end();
    await settle();
    expect(keys().slice(-2)).to.deep.equal(["loud/3", "quiet/1"]);
    await Promise.race([wide.stop(), settle()]);
  });

  it("can postpone work that it has planned", async () => {
    queue.addLater("a", 1);
    queue.postpone("a", 5);
    queue.postpone("b", 5);
    await clock.advance(4);
    expect(visits).to.have.length(0);
    await clock.advance(1);
    expect(keys()).to.deep.equal(["a"]);
  });

  it("postpones work once until it is done, however often it is asked to", async () => {
    queue.addLater("a", 1);
    for (let seconds = 0; seconds < 5; seconds++) {
      queue.postpone("a", 5);
      await clock.advance(1);
    }
    expect(keys()).to.deep.equal(["a"]);
    last()?.end({ againInSeconds: 1 });
    await settle();
    queue.postpone("a", 5);
    await clock.advance(4);
    expect(visits).to.have.length(1);
    await clock.advance(1);
    expect(visits).to.have.length(2);
  });

  it("has extra slots beyond its width for namespaces without running work, up to a limit", async () => {
    const begun: string[] = [];
    const wide = new Queue({
      clock,
      width: () => 2,
      beyond: 1,
      onError: () => undefined,
      work: (key) => (begun.push(key), new Promise(() => undefined)),
    });
    for (const key of ["a/1", "b/1", "a/2", "b/2", "c/1", "d/1", "e/1"]) wide.add(key);
    await settle();
    expect(begun).to.deep.equal(["a/1", "b/1", "c/1", "d/1"]);
  });
});
