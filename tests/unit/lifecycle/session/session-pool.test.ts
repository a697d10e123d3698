import { expect } from "chai";
import { Deadline } from "../../../../provider/lifecycle/deadline.ts";
import { SessionPool } from "../../../../provider/lifecycle/session/session-pool.ts";
import type { Session } from "../../../../provider/lifecycle/session/session.ts";
import { VnicError } from "../../../../provider/base/errors.ts";
import { FakeClock, settle } from "../../../fakes/clock.ts";
import { FakeCluster, rejection } from "../../../fakes/cluster.ts";
import { never } from "../../../fakes/node-side.ts";
import { injectPlan, node } from "../../../fakes/objects.ts";

const one = "worker-1";
const other = "worker-2";
const plan = { vnic: injectPlan().vnic };
const eject = (session: Session) => session.request("eject", { plan });
const deadline = (seconds = 120) => new Deadline("testing", seconds);

describe("a pool of sessions", () => {
  let cluster: FakeCluster;
  let pool: SessionPool;
  let clock: FakeClock;
  const opened = () => cluster.calls.filter((call) => call.startsWith("createJob"));

  beforeEach(() => {
    cluster = new FakeCluster();
    clock = new FakeClock();
    pool = new SessionPool(cluster, { image: "localhost/image:1", clock });
  });
  afterEach(() => pool.close());

  it("shares one session among concurrent work on one node", async () => {
    await Promise.all(Array.from({ length: 20 }, () => pool.use(one, deadline(), eject)));
    expect(opened()).to.deep.equal(["createJob worker-1"]);
    expect(cluster.attachments).to.have.length(1);
  });

  it("opens one session for each node", async () => {
    await Promise.all([pool.use(one, deadline(), eject), pool.use(other, deadline(), eject)]);
    expect(opened()).to.have.members(["createJob worker-1", "createJob worker-2"]);
  });

  it("uses a session again while it lingers", async () => {
    await pool.use(one, deadline(), eject);
    await clock.advance(2.9);
    await pool.use(one, deadline(), eject);
    expect(opened()).to.have.length(1);
  });

  it("ends a session after 3 s without work, and removes its Job", async () => {
    await pool.use(one, deadline(), eject);
    expect(cluster.jobs.size).to.equal(1);
    await clock.advance(3);
    expect(cluster.attachments[0]?.closed).to.equal(true);
    expect(cluster.jobs.size).to.equal(0);
    await pool.use(one, deadline(), eject);
    expect(opened()).to.have.length(2);
  });

  it("tells how many sessions there are, how long each took to open, and which couldn't be opened", async () => {
    const told: string[] = [];
    pool = new SessionPool(cluster, {
      ...{ image: "localhost/image:1", clock },
      onOpened: (node, seconds) => told.push(`${node} after ${seconds} s`),
      onFailed: (node) => told.push(`${node} failed`),
    });
    expect(pool.size).to.equal(0);
    await pool.use(one, deadline(), eject);
    expect(pool.size).to.equal(1);
    cluster.failNext("createJob", new VnicError("forbidden", "no right"));
    await rejection(pool.use(other, deadline(), eject));
    expect(told).to.deep.equal(["worker-1 after 0 s", "worker-2 failed"]);
    await clock.advance(3);
    expect(pool.size).to.equal(0);
  });

  it("ends the session that has been without work longest when there are many, but none with work", async () => {
    pool = new SessionPool(cluster, { image: "localhost/image:1", clock, mostLingering: 3 });
    for (const name of ["busy", "a", "b", "c", "d"]) cluster.nodes.set(name, node());
    let answer: (value: unknown) => void = () => undefined;
    cluster.nodeSide.eject = () => new Promise((resolve) => (answer = resolve));
    const slow = pool.use("busy", deadline(), eject);
    await settle();
    const hello = (session: Session) => session.request("hello", {});
    for (const name of ["a", "b", "a", "c", "d"]) await pool.use(name, deadline(), hello);
    await settle();
    // At most three sessions: c ended b's, because a's was used later, and d ended a's.
    expect(opened()).to.deep.equal(["busy", "a", "b", "c", "d"].map((name) => `createJob ${name}`));
    expect(cluster.attachments.map(({ closed }) => closed)).to.deep.equal([false, true, true, false, false]);
    answer({ removed: true, resourceFile: true, steps: [] });
    await slow;
  });

  it("looks again whether the node is there when an open session goes silent, however much work uses it", async () => {
    const soon = () => new Deadline("testing", 60, clock);
    await pool.use(one, soon(), eject);
    cluster.nodeSide.eject = never;
    cluster.nodeSide.hello = never;
    const isGone = () => Promise.reject(new VnicError("refused", "node worker-1 isn't ready"));
    const works: Promise<Error>[] = [];
    for (const seconds of [5, 16]) {
      works.push(rejection(pool.use(one, soon(), eject, isGone)));
      await clock.advance(seconds);
    }
    for (const error of await Promise.all(works)) expect(error.message).to.equal("node worker-1 isn't ready");
    expect(opened()).to.have.length(1);
  });

  it("does not end a session that is still in use", async () => {
    let answer: (value: unknown) => void = () => undefined;
    cluster.nodeSide.eject = () => new Promise((resolve) => (answer = resolve));
    const slow = pool.use(one, deadline(), eject);
    await pool.use(one, deadline(), (session) => session.request("hello", {}));
    await clock.advance(60);
    expect(cluster.attachments[0]?.closed).to.equal(false);
    answer({ removed: true, resourceFile: true, steps: [] });
    expect(await slow).to.deep.equal({ removed: true, resourceFile: true, steps: [] });
  });

  it("does not end a lingering session that is used again", async () => {
    await pool.use(one, deadline(), eject);
    await clock.advance(2);
    let answer: (value: unknown) => void = () => undefined;
    cluster.nodeSide.eject = () => new Promise((resolve) => (answer = resolve));
    const again = pool.use(one, deadline(), eject);
    await settle();
    await clock.advance(2);
    expect(cluster.attachments[0]?.closed).to.equal(false);
    answer({ removed: true, resourceFile: true, steps: [] });
    await again;
    expect(opened()).to.have.length(1);
    expect(cluster.nodeSide.work, "done once each").to.have.length(2);
  });

  it("opens another session and repeats the work when one breaks", async () => {
    let tries = 0;
    cluster.nodeSide.eject = () => {
      if (++tries === 1) cluster.attachments[0]?.end("container killed");
      return { removed: true, resourceFile: true, steps: [] };
    };
    expect(await pool.use(one, deadline(), eject)).to.deep.equal({ removed: true, resourceFile: true, steps: [] });
    expect([tries, opened().length]).to.deep.equal([2, 2]);
    await pool.close();
    expect(cluster.jobs.size, "Jobs left").to.equal(0);
  });

  it("opens another session for the next work when a lingering one broke", async () => {
    await pool.use(one, deadline(), eject);
    cluster.attachments[0]?.end("node rebooted");
    await pool.use(one, deadline(), eject);
    expect(opened()).to.have.length(2);
  });

  it("gives up at the deadline when sessions keep breaking, and says why", async () => {
    cluster.nodeSide.eject = () => cluster.attachments.at(-1)?.end("container killed");
    const error = await rejection(pool.use(one, deadline(0.3), eject));
    expect(error.message).to.match(/container killed/);
  });

  it("passes on a refusal at once, and keeps the session", async () => {
    cluster.nodeSide.eject = () => {
      throw new VnicError("refused", "no such parent");
    };
    expect(await rejection(pool.use(one, deadline(), eject))).to.deep.include({
      kind: "refused",
      message: "no such parent",
    });
    expect(opened()).to.have.length(1);
    expect(cluster.attachments[0]?.closed).to.equal(false);
  });

  it("names the node that doesn't answer when the time is over", async () => {
    cluster.nodeSide.eject = never;
    const error = await rejection(pool.use(one, deadline(0.2), eject));
    expect(error.kind).to.equal("deadline");
    expect(error.message).to.match(
      /testing: not done within 0.2 s; still waiting for the answer of node worker-1 in injection session vnic-system\/vnic-session-/,
    );
  });

  it("does not fail the others when the opener has a shorter deadline", async () => {
    cluster.attachTooEarly = 20;
    const hasty = rejection(pool.use(one, deadline(0.1), eject));
    const patient = pool.use(one, deadline(), eject);
    expect(await hasty).to.have.property("kind", "deadline");
    expect(await patient).to.deep.equal({ removed: true, resourceFile: true, steps: [] });
  });

  it("fails all callers that wait for a session that can't be opened", async () => {
    cluster.failNext("createJob", new VnicError("forbidden", "creating injection Job: forbidden"));
    const errors = await Promise.all([1, 2].map(() => rejection(pool.use(one, deadline(), eject))));
    expect(errors.map(({ kind }) => kind)).to.deep.equal(["forbidden", "forbidden"]);
    await pool.use(one, deadline(), eject);
  });

  it("ends all sessions and removes their Jobs when it is closed", async () => {
    await Promise.all([pool.use(one, deadline(), eject), pool.use(other, deadline(), eject)]);
    await pool.close();
    expect(cluster.attachments.map(({ closed }) => closed)).to.deep.equal([true, true]);
    expect(cluster.jobs.size).to.equal(0);
  });

  it("closes even when a Job can't be removed", async () => {
    await pool.use(one, deadline(), eject);
    cluster.failNext("deleteJob", new VnicError("unreachable", "no answer"));
    await pool.close();
  });
});
