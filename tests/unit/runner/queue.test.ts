import { expect } from "chai";
import { Queue } from "../../runner/queue.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A queue of items that become ready when the test says so. */
function queueOf(...items: string[]) {
  const readiness = new Map(items.map((item) => [item, Promise.withResolvers<boolean>()]));
  const queue = new Queue(items, (item) => readiness.get(item)?.promise ?? Promise.resolve(false));
  return {
    queue,
    /** Says of an item whether it is ready, and lets the queue learn it. */
    settle: async (item: string, isReady: boolean) => {
      readiness.get(item)?.resolve(isReady);
      await settled();
    },
  };
}

describe("the queue of test files", () => {
  it("gives files in order when all are ready, and then none", async () => {
    const queue = new Queue(["a", "b"], () => Promise.resolve(true));
    expect([await queue.take(), await queue.take(), await queue.take()]).to.deep.equal(["a", "b", undefined]);
  });

  it("lets later files pass one that isn't ready, and gives it first when it is", async () => {
    const { queue, settle } = queueOf("slow", "a", "b");
    await settle("a", true);
    await settle("b", true);
    expect(await queue.take()).to.equal("a");
    await settle("slow", true);
    expect([await queue.take(), await queue.take()]).to.deep.equal(["slow", "b"]);
  });

  it("lets each taker wait for a file, and gives each file once", async () => {
    const { queue, settle } = queueOf("a", "b");
    const taken = Promise.all([queue.take(), queue.take(), queue.take()]);
    await settle("b", true);
    await settle("a", true);
    expect(await taken).to.deep.equal(["b", "a", undefined]);
  });

  it("leaves out a file that can't be prepared, and ends the wait for it", async () => {
    const { queue, settle } = queueOf("a", "b");
    await settle("a", true);
    expect(await queue.take()).to.equal("a");
    const last = queue.take();
    await settle("b", false);
    expect(await last).to.equal(undefined);
    expect(queue.length).to.equal(0);
  });
});
