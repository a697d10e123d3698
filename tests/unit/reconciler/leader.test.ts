import { expect } from "chai";
import fc from "fast-check";
import { type Leadership, becomeLeader } from "../../../provider/reconciler/leader.ts";
import { rejection } from "../../fakes/cluster.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { type CallFate, LeaseServer } from "../../fakes/lease-server.ts";

/** The time in which a replica was the leader, in seconds; `until` is undefined while it is. */
interface Span {
  readonly replica: string;
  readonly from: number;
  until?: number;
  why?: string;
}

class Replicas {
  readonly clock = new FakeClock();
  readonly server = new LeaseServer(this.clock);
  readonly spans: Span[] = [];
  private readonly leaders = new Map<string, { leadership: Leadership; span: Span }>();

  /** Starts a standby replica; `fate` is called for each of its calls. */
  start(replica: string, fate?: (call: "find" | "write", led: boolean) => CallFate): void {
    const leases = this.server.for((call) => fate?.(call, this.leaders.has(replica)) ?? {});
    void becomeLeader(leases, replica, () => undefined, this.clock).then((leadership) => {
      const span: Span = { replica, from: this.seconds };
      this.spans.push(span);
      this.leaders.set(replica, { leadership, span });
      void leadership.lost.then((why) => Object.assign(span, { until: this.seconds, why }));
    });
  }

  resign(replica: string): Promise<void> {
    const { leadership, span } = this.leaders.get(replica)!;
    span.until = this.seconds;
    return leadership.resign();
  }

  get seconds(): number {
    return this.clock.now() / 1000;
  }

  assertNeverTwo(): void {
    const spans = this.spans.toSorted((one, other) => one.from - other.from);
    for (const [index, span] of spans.entries()) {
      const next = spans[index + 1];
      if (next) expect(span.until ?? Infinity, JSON.stringify(spans)).to.be.at.most(next.from);
    }
  }
}

/** The fates of a leader's calls after it has got the Lease, in order; the last one repeats. */
const fatesOfLeader = (...fates: { call: "find" | "write"; fate: CallFate }[]) => {
  let next = 0;
  return (call: "find" | "write", led: boolean): CallFate => {
    const { [next]: planned } = fates;
    if (!led || planned?.call !== call) return {};
    if (next < fates.length - 1) next++;
    return planned.fate;
  };
};
const find = (fate: CallFate) => ({ call: "find" as const, fate });
const write = (fate: CallFate) => ({ call: "write" as const, fate });

describe("with several replicas", () => {
  let replicas: Replicas;
  beforeEach(() => {
    replicas = new Replicas();
  });
  const leaderships = () => replicas.spans.map(({ replica }) => replica);

  it("the first one leads for as long as it renews the Lease", async () => {
    replicas.start("a");
    await replicas.clock.advance(1);
    replicas.start("b");
    await replicas.clock.advance(600);
    expect(replicas.spans).to.deep.equal([{ replica: "a", from: 0 }]);
  });

  const cases: Record<string, ReturnType<typeof fatesOfLeader>> = {
    "every read hangs": fatesOfLeader(find({ fault: "hangs" })),
    "every write hangs": fatesOfLeader(write({ fault: "hangs" })),
    "every call fails": fatesOfLeader(find({ fault: "unsent" })),
    "a renewal is executed at once and answered 5.5 s late, and then every read hangs": fatesOfLeader(
      write({ answeredAfter: 5.5 }),
      find({ fault: "hangs" }),
    ),
    "a renewal is answered 9.9 s late, and then every read hangs": fatesOfLeader(
      write({ answeredAfter: 9.9 }),
      find({ fault: "hangs" }),
    ),
    "a renewal is executed 9 s late, and then every read hangs": fatesOfLeader(
      write({ doneAfter: 9, answeredAfter: 0.5 }),
      find({ fault: "hangs" }),
    ),
    "a read is answered 9.5 s late, and then every write hangs": fatesOfLeader(
      find({ answeredAfter: 9.5 }),
      write({ fault: "hangs" }),
    ),
    "renewals are executed and never answered": fatesOfLeader(write({ fault: "lost" })),
    "renewals are executed, and their answers are errors": fatesOfLeader(write({ fault: "unanswered" })),
  };
  for (const [name, fate] of Object.entries(cases))
    it(`another one leads after the first has stopped, when ${name}`, async () => {
      replicas.start("a", fate);
      await replicas.clock.advance(0.5);
      replicas.start("b");
      await replicas.clock.advance(120);
      replicas.assertNeverTwo();
      const [first, second] = replicas.spans;
      expect(first?.why).to.equal("the Lease could not be renewed for 10 s");
      // Calls without a response may have been successful renewals, until the leader gave up.
      expect(second).to.deep.include({ replica: "b" });
      expect((second?.from ?? 0) - (first?.until ?? Infinity)).to.be.within(5, 30);
    });

  it("a leader stops 10 s after it sent its last successful renewal, although a request hangs", async () => {
    replicas.start("a", fatesOfLeader(write({ answeredAfter: 5.5 }), find({ fault: "hangs" })));
    await replicas.clock.advance(60);
    expect(replicas.spans).to.deep.equal([
      { replica: "a", from: 0, until: 13, why: "the Lease could not be renewed for 10 s" },
    ]);
  });

  it("a leader continues when its date is set back or forward by an hour, and the standby replicas keep waiting", async () => {
    replicas.start("a");
    await replicas.clock.advance(1);
    replicas.start("b");
    for (const seconds of [-3600, 7200, -3600]) {
      replicas.clock.setDate(seconds);
      await replicas.clock.advance(20);
    }
    expect(leaderships()).to.deep.equal(["a"]);
  });

  it("a leader that finds another name in the Lease stops at once and doesn't renew again", async () => {
    replicas.start("a");
    await replicas.clock.advance(1);
    const { lease } = replicas.server;
    replicas.server.write({ ...lease!, spec: { ...lease!.spec, holderIdentity: "b" } });
    await replicas.clock.advance(3);
    expect(replicas.spans[0]).to.deep.include({ until: 3, why: "b leads now" });
    const { calls } = replicas.server;
    await replicas.clock.advance(60);
    expect(replicas.server.calls).to.equal(calls);
  });

  it("a leader stops when the API server's data were restored from a backup, and another one leads", async () => {
    for (const restored of [true, false]) {
      const run = new Replicas();
      run.start("a");
      await run.clock.advance(10);
      const backup = run.server.backup();
      await run.clock.advance(300);
      run.start("b");
      await run.clock.advance(60);
      expect(run.spans).to.deep.equal([{ replica: "a", from: 0 }]);
      run.server.restore(restored ? backup : { ...backup, lease: undefined });
      await run.clock.advance(7);
      expect(run.spans[0]?.why).to.include("an earlier state");
      await run.clock.advance(60);
      expect(run.spans.map(({ replica }) => replica)).to.deep.equal(["a", "b"]);
      run.assertNeverTwo();
    }
  });

  it("a leader that has stopped doesn't renew when a pending read is answered later", async () => {
    replicas.start("a", fatesOfLeader(find({ answeredAfter: 30 })));
    await replicas.clock.advance(120);
    expect(replicas.spans[0]).to.deep.include({ until: 10 });
    expect(replicas.server.written).to.deep.equal(["a"]);
  });

  it("a leader continues after one renewal conflicts with another write", async () => {
    let writings = 0;
    // The renewal that is sent at 3 s finds another version at 4 s.
    replicas.start("a", (call, led) => (call === "write" && led && ++writings === 1 ? { doneAfter: 1 } : {}));
    await replicas.clock.advance(1);
    replicas.clock.after(2500, () => replicas.server.write(replicas.server.lease!));
    await replicas.clock.advance(60);
    expect(replicas.spans[0]).to.not.have.property("until");
  });

  it("a replica whose acquisition is answered 10 s late acquires the Lease again before it leads", async () => {
    let answers = 0;
    replicas.start("a", (call) => (call === "write" && ++answers === 1 ? { answeredAfter: 10 } : {}));
    await replicas.clock.advance(10);
    expect(leaderships()).to.deep.equal([]);
    await replicas.clock.advance(2);
    expect(leaderships()).to.deep.equal(["a"]);
    expect(replicas.server.written).to.deep.equal(["a", "a"]);
  });

  it("a standby replica waits for the leader's time when the Lease is deleted, and the leader recreates the Lease", async () => {
    replicas.start("a");
    await replicas.clock.advance(1);
    replicas.start("b");
    // At this time, the last renewal is over and the standby replica's next check hasn't begun.
    await replicas.clock.advance(9.2);
    replicas.server.lease = undefined;
    await replicas.clock.advance(60);
    expect(leaderships()).to.deep.equal(["a"]);
    expect(replicas.server.lease).to.have.nested.property("spec.holderIdentity", "a");
  });

  it("another one leads at once when the leader resigns, without a loss for the former leader", async () => {
    replicas.start("a");
    await replicas.clock.advance(1);
    replicas.start("b");
    await replicas.clock.advance(5);
    const resigned = replicas.resign("a");
    await replicas.clock.advance(60);
    await resigned;
    expect(leaderships()).to.deep.equal(["a", "b"]);
    expect(replicas.spans[1]?.from).to.be.within(6, 8);
    expect(replicas.spans[0]).to.not.have.property("why");
  });

  it("a leader that resigns tries again when a pending renewal is executed in between", async () => {
    let writings = 0;
    replicas.start("a", (call, led) => (call === "write" && led && ++writings <= 2 ? { doneAfter: 0.5 } : {}));
    // The renewal is sent at 3 s and executed at 3.5 s, so the Lease that resigning read at 3.2 s is outdated.
    await replicas.clock.advance(3.2);
    const resigned = replicas.resign("a");
    await replicas.clock.advance(2);
    await resigned;
    expect(replicas.server.written).to.deep.equal(["a", "a", ""]);
    await replicas.clock.advance(60);
    expect(replicas.spans[0], "that isn't losing it").to.not.have.property("why");
    expect(replicas.clock.pending).to.equal(0);
  });

  it("a leader fails to resign with an error", async () => {
    replicas.start("a", (call, led) => (call === "write" && led ? { doneAfter: 0.5 } : {}));
    await replicas.clock.advance(1);
    const refusal = rejection(replicas.resign("a"));
    for (let turn = 0; turn < 10; turn++) {
      await replicas.clock.advance(0.25);
      replicas.server.write(replicas.server.lease!);
    }
    expect(await refusal).to.deep.include({ kind: "outdated" });
  });

  it("two never lead at once, whatever happens to their calls", async () => {
    const fate = fc.record({
      doneAfter: fc.constantFrom(0, 0.1, 1, 3, 5.5, 9.9, 14, 20),
      answeredAfter: fc.constantFrom(0, 0.1, 1, 3, 5.5, 9.9, 14, 20),
      fault: fc.constantFrom(undefined, undefined, undefined, undefined, "unsent", "unanswered", "lost", "hangs"),
    }) as fc.Arbitrary<CallFate>;
    const fates = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 2, arbitrary: fate }), {
      minLength: 1,
      maxLength: 40,
    });
    let leaders = 0;
    await fc.assert(
      fc.asyncProperty(fates, fates, fates, async (...all) => {
        const run = new Replicas();
        for (const [index, its] of all.entries()) {
          let call = 0;
          run.start("abc"[index]!, () => its[call++] ?? {});
        }
        await run.clock.advance(150);
        run.assertNeverTwo();
        leaders += run.spans.length;
      }),
      { numRuns: 100, seed: 1 },
    );
    expect(leaders).to.be.above(100);
  });
});
