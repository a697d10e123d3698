import { expect } from "chai";
import { Slots } from "../../../provider/node/fair-slots.ts";
import { Turns } from "../../../provider/node/turns.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";

/** A part of a request; it continues until the test ends it. */
interface Part {
  readonly group: string;
  readonly end: () => void;
  readonly fail: () => void;
}

/** Requests of groups, each with parts that take turns one after the other. */
function requests(atOnce: number, perGroup: number) {
  const clock = new FakeClock();
  const slots = new Slots(1000, { perGroup: 8, clock });
  const turns = new Turns(slots, { atOnce, perGroup }, clock);
  /** The parts that are running, in the order in which they have begun. */
  const running: Part[] = [];
  /** The groups of all parts, in the order in which they have begun. */
  const begun: string[] = [];

  /** Begins a part, and resolves when it has ended. */
  const part = (group: string) =>
    turns.take(
      () =>
        new Promise<void>((resolve, reject) => {
          const finish = (then: () => void) => () => {
            const index = running.indexOf(it);
            if (index >= 0) running.splice(index, 1);
            then();
          };
          const it = { group, end: finish(resolve), fail: finish(() => reject(new Error("no"))) };
          running.push(it);
          begun.push(group);
        }),
    );

  /** Begins a request with so many parts, which goes on after one that fails. */
  const request = (group: string, parts = 1) =>
    slots.use(group, async () => {
      for (let each = 0; each < parts; each++) await part(group).catch(() => undefined);
    });
  const runningOf = (group: string) => running.filter((each) => each.group === group).length;
  return { clock, slots, turns, running, begun, part, request, runningOf };
}

const times = <T>(count: number, item: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => item(index));

describe("turns of groups", () => {
  it("hold up nothing of a group that is alone, up to three quarters of the turns at once", async () => {
    const { running, request } = requests(8, 1);
    times(20, () => void request("greedy"));
    await settle();
    expect(running).to.have.length(6);
    running[3]?.end();
    await settle();
    expect(running).to.have.length(6);
  });

  it("are one for each group at the same time while several have requests, and another group never waits", async () => {
    const { running, begun, request, runningOf } = requests(8, 1);
    times(20, () => void request("greedy", 5));
    await settle();
    const neighbour = request("shop", 4);
    for (let turn = 0; turn < 4; turn++) {
      await settle();
      expect(runningOf("shop"), `turn ${turn}`).to.equal(1);
      if (turn > 0) expect(runningOf("greedy")).to.equal(1);
      // All that run end, before the next part of the neighbour begins.
      for (const each of [...running]) each.end();
    }
    await neighbour;
    // Six ran when the neighbour came, and after that one at a time.
    expect(begun.filter((group) => group === "greedy").length).to.be.within(6, 10);
  });

  it("come in the order in which a group's requests ask for them", async () => {
    const { slots, turns, request, running } = requests(8, 1);
    const order: number[] = [];
    void request("shop");
    await settle();
    times(5, (index) => void slots.use("greedy", () => turns.take(async () => void order.push(index))));
    for (let each = 0; each < 10; each++) await settle();
    expect(order).to.deep.equal([0, 1, 2, 3, 4]);
    expect(running).to.have.length(1);
  });

  it("are as many for each of many groups, whatever each of them asks for", async () => {
    const { running, begun, request } = requests(8, 1);
    const groups = times(20, (index) => `group-${index}`);
    const all = groups.map((group, index) => times(1 + index, () => request(group, 3)));
    await settle();
    for (let ended = 0; ended < 100; ended++) {
      expect(new Set(running.map(({ group }) => group)).size, "one for each group").to.equal(running.length);
      expect(running).to.have.length(8);
      running[0]?.end();
      await settle();
    }
    const counts = groups.slice(2).map((group) => begun.filter((each) => each === group).length);
    // A group whose only request is in its turn goes behind the others after it.
    expect(Math.max(...counts) - Math.min(...counts)).to.be.within(0, 2);
    while (running.length > 0) {
      running[0]?.end();
      await settle();
    }
    await Promise.all(all.flat());
  });

  it("are more for a group again, a moment after the others have no requests any more", async () => {
    const { clock, running, request, runningOf } = requests(8, 1);
    const neighbour = request("shop");
    await settle();
    times(20, () => void request("greedy", 5));
    await settle();
    running.find(({ group }) => group === "shop")?.end();
    await neighbour;
    running[0]?.end();
    await settle();
    expect(runningOf("greedy"), "for a moment").to.equal(1);
    clock.pass(1);
    running[0]?.end();
    await settle();
    expect(runningOf("greedy")).to.equal(6);
  });

  it("aren't limited by a group whose requests only wait for something external", async () => {
    const { clock, slots, request, runningOf } = requests(8, 1);
    void slots.use("shop", () => slots.withoutSlot(() => new Promise(() => undefined)));
    await settle();
    clock.pass(1);
    times(20, () => void request("greedy"));
    await settle();
    expect(runningOf("greedy")).to.equal(6);
  });

  it("end with a failure, also one before there is a promise", async () => {
    const { running, turns, slots, request } = requests(1, 1);
    const failing = slots.use("a", () =>
      turns.take(() => {
        throw new Error("at once");
      }),
    );
    expect(await failing.catch((error: Error) => error.message)).to.equal("at once");
    const other = request("b", 2);
    await settle();
    running[0]?.fail();
    await settle();
    expect(running).to.have.length(1);
    running[0]?.end();
    await other;
  });

  it("end after some seconds for work that hangs, which goes on without one", async () => {
    const { clock, running, request } = requests(8, 1);
    void request("shop");
    const hanging = request("greedy");
    await settle();
    const next = request("greedy");
    await clock.advance(1.9);
    expect(running.map(({ group }) => group)).to.deep.equal(["shop", "greedy"]);
    await clock.advance(0.2);
    expect(running.map(({ group }) => group)).to.deep.equal(["shop", "greedy", "greedy"]);
    for (const each of [...running]) each.end();
    await Promise.all([hanging, next]);
    expect(clock.pending).to.equal(0);
  });

  it("aren't needed outside of requests", async () => {
    const { running, part, request } = requests(1, 1);
    void request("a");
    await settle();
    const outside = part("agent");
    expect(running).to.have.length(2);
    running[1]?.end();
    await outside;
  });
});
