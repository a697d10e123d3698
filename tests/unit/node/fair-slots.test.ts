import { expect } from "chai";
import { Slots } from "../../../provider/node/fair-slots.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";

/** Work that continues until `end` is called. */
function pending(): { readonly over: Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  return { over, end };
}

describe("slots that groups share", () => {
  it("are given to all callers, up to their number at once", async () => {
    const slots = new Slots(4);
    const begun: number[] = [];
    const works = Array.from({ length: 8 }, pending);
    works.forEach(({ over }, index) => void slots.use(`group-${index}`, () => (begun.push(index), over)));
    await settle();
    expect(begun).to.deep.equal([0, 1, 2, 3]);
    works[2]?.end();
    await settle();
    expect(begun).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it("are never all used by one group: another group can begin at once, however much the first one asks for", async () => {
    const slots = new Slots(4);
    const begun: string[] = [];
    const use = (group: string) => void slots.use(group, () => (begun.push(group), pending().over));
    for (let each = 0; each < 100; each++) use("greedy");
    await settle();
    expect(begun).to.deep.equal(["greedy", "greedy", "greedy"]);
    use("shop");
    await settle();
    expect(begun.at(-1)).to.equal("shop");
  });

  it("are fewer for a group while another one has work, even if that waits, because they share the processors", async () => {
    const slots = new Slots(8, { perGroup: 2 });
    const ends: (() => void)[] = [];
    const begun: string[] = [];
    const use = (group: string) => {
      const { over, end } = pending();
      return void slots.use(group, () => (begun.push(group), ends.push(end), over));
    };
    const answer = pending();
    const other = slots.use("shop", () => slots.withoutSlot(() => answer.over));
    await settle();
    for (let each = 0; each < 100; each++) use("greedy");
    await settle();
    expect(begun).to.deep.equal(["greedy", "greedy"]);
    ends[0]?.();
    await settle();
    expect(begun).to.have.length(3);
    answer.end();
    await other;
    await settle();
    expect(begun, "alone again").to.have.length(7);
  });

  it("go to the group that has the fewest", async () => {
    const slots = new Slots(4);
    const begun: string[] = [];
    const first = pending();
    const use = (group: string, over = pending().over) => void slots.use(group, () => (begun.push(group), over));
    use("a", first.over);
    use("a");
    use("b");
    use("c");
    use("a");
    use("b");
    await settle();
    first.end();
    await settle();
    expect(begun).to.deep.equal(["a", "a", "b", "c", "a"]);
  });

  it("are free for others while their work only waits, and are taken again afterwards", async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    const answer = pending();
    const waiting = slots.use("dhcp", async () => {
      order.push("asks");
      await slots.withoutSlot(() => answer.over);
      order.push("has its answer");
    });
    const other = pending();
    const neighbour = slots.use("shop", async () => {
      order.push("neighbour begins");
      await other.over;
      order.push("neighbour ends");
    });
    await settle();
    answer.end();
    await settle();
    expect(order).to.deep.equal(["asks", "neighbour begins"]);
    other.end();
    await Promise.all([waiting, neighbour]);
    expect(order).to.deep.equal(["asks", "neighbour begins", "neighbour ends", "has its answer"]);
  });

  it("are counted once for parallel waits, even when one fails and the work ends before the others", async () => {
    const slots = new Slots(1);
    const late = pending();
    const failing = slots.use("a", async () => {
      await Promise.all([slots.withoutSlot(() => Promise.reject(new Error("no"))), slots.withoutSlot(() => late.over)]);
    });
    await failing.catch(() => undefined);
    late.end();
    await settle();
    let most = 0;
    let now = 0;
    const work = async () => {
      most = Math.max(most, ++now);
      await Promise.all([slots.withoutSlot(settle), slots.withoutSlot(settle)]);
      now--;
    };
    await Promise.all([slots.use("a", work), slots.use("b", work), slots.use("a", work)]);
    let together = 0;
    let atMost = 0;
    await Promise.all(
      ["a", "b", "c", "a"].map((group) =>
        slots.use(group, async () => {
          atMost = Math.max(atMost, ++together);
          await settle();
          together--;
        }),
      ),
    );
    expect(atMost).to.equal(1);
    expect(most).to.be.greaterThan(1);
  });

  it("are released by work that throws", async () => {
    const slots = new Slots(1);
    await slots.use("a", () => Promise.reject(new Error("no"))).catch(() => undefined);
    expect(await slots.use("a", () => Promise.resolve(7))).to.equal(7);
  });

  it("aren't needed for a wait outside of any work", async () => {
    expect(await new Slots(1).withoutSlot(() => Promise.resolve(7))).to.equal(7);
  });

  it("know the group of the work in them, also after a wait", async () => {
    const slots = new Slots(4);
    const work = (group: string) =>
      slots.use(group, async () => {
        await slots.withoutSlot(settle);
        return slots.currentGroup;
      });
    expect(await Promise.all([work("a"), work("b")])).to.deep.equal(["a", "b"]);
    expect(slots.currentGroup).to.equal(undefined);
  });

  it("know no group for work that goes on after its request has failed", async () => {
    const slots = new Slots(4);
    const rest = pending();
    let group: string | undefined = "unknown";
    const failed = slots.use("a", async () => {
      void rest.over.then(() => (group = slots.currentGroup));
      await Promise.reject(new Error("no"));
    });
    await failed.catch(() => undefined);
    rest.end();
    await settle();
    expect(group).to.equal(undefined);
  });

  it("serve several groups while these have slots or wait for them, and for a moment after that", async () => {
    const clock = new FakeClock();
    const slots = new Slots(2, { clock });
    const first = pending();
    void slots.use("greedy", () => first.over);
    await settle();
    expect(slots.servesSeveral()).to.equal(false);
    const [other, answer] = [pending(), pending()];
    const shop = slots.use("shop", async () => {
      await other.over;
      await slots.withoutSlot(() => answer.over);
    });
    void slots.use("greedy", () => pending().over);
    await settle();
    expect(slots.servesSeveral(), "both have a slot").to.equal(true);
    other.end();
    await settle();
    clock.pass(0.1);
    expect(slots.servesSeveral(), "one waits since a moment ago").to.equal(true);
    clock.pass(1);
    expect(slots.servesSeveral(), "one waits for long").to.equal(false);
    answer.end();
    await settle();
    expect(slots.servesSeveral(), "one has a slot again, or had one just now").to.equal(true);
    first.end();
    await shop;
    expect(slots.servesSeveral()).to.equal(true);
    clock.pass(1);
    expect(slots.servesSeveral(), "one has gone").to.equal(false);
  });
});
