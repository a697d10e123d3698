import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { withSlot } from "../../../provider/node/slots.ts";
import { type FakeNode, FakeNodes } from "../../fakes/node.ts";

/** A lock of the kernel that programs hold one after the other, in the order in which they ask for it. */
class KernelLock {
  private readonly waiting: { readonly namespace: string; readonly go: () => void }[] = [];
  private isHeld = false;
  /** For each program of the neighbour, how many programs of other namespaces had the lock or asked for it before. */
  readonly ahead: number[] = [];

  async pass(namespace: string): Promise<void> {
    if (namespace === "shop") this.ahead.push(this.waiting.filter((other) => other.namespace !== namespace).length);
    const passed = new Promise<void>((go) => this.waiting.push({ namespace, go }));
    if (!this.isHeld) void this.serve();
    await passed;
  }

  private async serve(): Promise<void> {
    this.isHeld = true;
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      await sleep(5);
      first.go();
      this.waiting.shift();
    }
    this.isHeld = false;
  }
}

/** The number of programs that one of several namespaces may run at once, on a machine with many processors. */
const programsAtOnce = 4;

describe("a namespace with many requests", () => {
  let nodes: FakeNodes;
  before(async () => {
    nodes = await FakeNodes.open();
  });
  after(() => nodes.close());

  /** A node for one NIC, whose programs have to pass the kernel's lock. */
  function nodeOf(namespace: string, lock: KernelLock): FakeNode {
    const node = nodes.add("macvlan");
    const start = node.programs.start.bind(node.programs);
    node.programs.start = (...program) => {
      const started = start(...program);
      return { finish: (input) => lock.pass(namespace).then(() => started.finish(input)) };
    };
    return node;
  }

  it("has few programs at a time that another namespace's program must wait for, and is served in the end", async () => {
    const lock = new KernelLock();
    const inject = (namespace: string) => {
      const node = nodeOf(namespace, lock);
      return withSlot(namespace, () => node.inject());
    };
    let answered = 0;
    const crowd = Array.from({ length: 60 }, () => inject("greedy").then(() => answered++));
    while (answered === 0) await sleep(5);
    await inject("shop");
    const answeredBefore = answered;
    const [first = 0, ...others] = lock.ahead;
    // The first one finds the programs of a namespace that was alone.
    expect(first).to.be.within(0, 64);
    expect(others).to.have.length.greaterThan(2);
    expect(Math.max(...others)).to.be.within(0, programsAtOnce);
    expect(answeredBefore).to.be.below(30);
    await Promise.all(crowd);
    expect(answered).to.equal(60);
  });
});
