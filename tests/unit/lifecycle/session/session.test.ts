import { expect } from "chai";
import type { Clock } from "../../../../provider/base/clock.ts";
import { protocolVersion } from "../../../../provider/model/wire/hello.ts";
import { Deadline } from "../../../../provider/lifecycle/deadline.ts";
import { openSession, Session } from "../../../../provider/lifecycle/session/session.ts";
import { VnicError } from "../../../../provider/base/errors.ts";
import { FakeAttachment } from "../../../fakes/attachment.ts";
import { FakeClock } from "../../../fakes/clock.ts";
import { FakeCluster, rejection } from "../../../fakes/cluster.ts";
import { never } from "../../../fakes/node-side.ts";
import { injectPlan, node } from "../../../fakes/objects.ts";

const hello = { protocol: protocolVersion, version: "0.1.0" };
const removed = { removed: true, resourceFile: true, steps: [] };
const { vnic } = injectPlan();

/** The error by which the work fails within `seconds` of the clock that it is given. */
async function rejectionAfter(seconds: number, work: (clock: FakeClock) => Promise<unknown>) {
  const clock = new FakeClock();
  const error = rejection(work(clock));
  await clock.advance(seconds);
  return error;
}

function open(clock: Clock = new FakeClock()): { session: Session; attachment: FakeAttachment } {
  const attachment = new FakeAttachment();
  return { session: new Session("job-1", "worker-1", attachment, clock), attachment };
}

/** How many characters the texts have that `work` splits. Unlike the time for it, that is the same on each machine. */
function charactersSplit(work: () => void): number {
  const original = Object.getOwnPropertyDescriptor(String.prototype, "split")!;
  const split = original.value as (this: string, ...given: unknown[]) => string[];
  let characters = 0;
  Object.defineProperty(String.prototype, "split", {
    ...original,
    value(this: string, ...given: unknown[]) {
      characters += this.length;
      return split.apply(this, given);
    },
  });
  try {
    work();
    return characters;
  } finally {
    Object.defineProperty(String.prototype, "split", original);
  }
}

describe("a session", () => {
  it("gives each request the answer with its id, in any order", async () => {
    const { session, attachment } = open();
    const first = session.request("hello", {});
    const second = session.request("eject", { plan: { vnic } });
    attachment.say({ id: 2, result: removed }, { id: 1, result: hello });
    expect(await Promise.all([first, second])).to.deep.equal([hello, removed]);
    expect(attachment.requests.map(({ id, verb }) => [id, verb])).to.deep.equal([
      [1, "hello"],
      [2, "eject"],
    ]);
  });

  it("understands lines that arrive in pieces, even within a character", async () => {
    const { session, attachment } = open();
    const asked = rejection(session.request("hello", {}));
    const bytes = Buffer.from(
      `${JSON.stringify({ id: 1, error: { kind: "refused", message: "Schnittstelle „eth1“ fehlt" } })}\n`,
    );
    for (const byte of bytes) attachment.emit(Buffer.of(byte));
    expect(await asked).to.deep.include({ kind: "refused", message: "Schnittstelle „eth1“ fehlt" });
  });

  const emitLong = (attachment: FakeAttachment, bytes: number, piece: Buffer) => {
    for (let sent = 0; sent < bytes && !attachment.closed; sent += piece.length) attachment.emit(piece);
  };

  it("searches no character of a long survey twice that arrives in small pieces, and ends if it is too long", async () => {
    const { session, attachment } = open();
    const plans = Array.from({ length: 2000 }, () => ({ vnic, pod: injectPlan().pod }));
    const asked = session.request("survey", { plans });
    const emit = () => emitLong(attachment, 2 ** 24, Buffer.alloc(2 ** 12, "x"));
    expect(charactersSplit(emit)).to.equal(2 ** 24);
    attachment.emit("\n");
    attachment.say({ id: 1, result: { seen: [] } });
    expect(await asked).to.deep.equal({ seen: [] });
    const other = rejection(session.request("survey", { plans }));
    emitLong(attachment, 2 ** 27, Buffer.alloc(2 ** 16, "x"));
    expect((await other).message).to.contain("it sent a line of more than 67108864 characters");
  });

  it("keeps no more than a megabyte of what a node says, unless a survey was asked for", async () => {
    for (const chunks of [[2 ** 16], [2 ** 21]].map(([size = 0]) => Buffer.alloc(size, "[],"))) {
      const { session, attachment } = open();
      const asked = ["hello", "list"].map((verb) => rejection(session.request(verb as "hello", {})));
      emitLong(attachment, 2 ** 26, chunks);
      for (const error of await Promise.all(asked))
        expect(error.message).to.contain("it sent a line of more than 1048576 characters");
      expect(attachment.closed).to.equal(true);
    }
  });

  it("passes on no more of a node's words than a condition's message has", async () => {
    const { session, attachment } = open();
    const steps: string[] = [];
    const asked = rejection(session.request("eject", { plan: { vnic } }, (step) => steps.push(step)));
    const long = "x".repeat(500_000);
    attachment.say({ id: 1, step: long }, { id: 1, error: { kind: "refused", message: long } });
    expect([(await asked).message.length, ...steps.map(({ length }) => length)]).to.deep.equal([4096, 4096]);
  });

  it("understands many lines that arrive at once", async () => {
    const { session, attachment } = open();
    const both = Promise.all([session.request("hello", {}), session.request("hello", {})]);
    attachment.emit([1, 2].map((id) => `${JSON.stringify({ id, result: hello })}\n`).join(""));
    expect(await both).to.deep.equal([hello, hello]);
  });

  it("passes on only the steps of its own request", async () => {
    const { session, attachment } = open();
    const steps: string[] = [];
    const asked = session.request("eject", { plan: { vnic } }, (step) => steps.push(step));
    const other = session.request("hello", {});
    attachment.say({ id: 2, step: "theirs" }, { id: 1, step: "removing" }, { id: 1, step: "removed" });
    attachment.say({ id: 1, result: removed }, { id: 2, result: hello }, { id: 1, step: "too late" });
    await Promise.all([asked, other]);
    expect(steps).to.deep.equal(["removing", "removed"]);
  });

  it("ignores lines that aren't answers", async () => {
    const { session, attachment } = open();
    const asked = session.request("hello", {});
    attachment.emit(`\nnonsense\n{}\n[1]\n{"id":99,"result":{}}\n{"id":"1","result":{}}\n`);
    attachment.say({ id: 1, result: hello });
    expect(await asked).to.deep.equal(hello);
  });

  it("rejects all pending requests when it breaks, and says why", async () => {
    const { session, attachment } = open();
    const asked = [1, 2].map(() => rejection(session.request("hello", {})));
    attachment.end("container killed");
    for (const error of await Promise.all(asked))
      expect(error).to.deep.include({
        kind: "sessionBroken",
        message: "injection session vnic-system/job-1 ended: container killed",
      });
  });

  it("rejects at once when it has already broken", async () => {
    const { session, attachment } = open();
    attachment.end("container killed");
    expect(await rejection(session.request("hello", {}))).to.have.property("kind", "sessionBroken");
    expect(attachment.requests).to.deep.equal([]);
  });

  it("breaks when the node says nothing although its connection is open, after it was asked", async () => {
    const clock = new FakeClock();
    const { session, attachment } = open(clock);
    const asked = rejection(session.request("eject", { plan: { vnic } }));
    await clock.advance(19.9);
    expect(attachment.requests.map(({ verb }) => verb)).to.deep.equal(["eject", "hello"]);
    expect(attachment.closed).to.equal(false);
    await clock.advance(0.1);
    expect(await asked).to.deep.include({
      kind: "sessionBroken",
      message: "injection session vnic-system/job-1 ended: node worker-1 has said nothing for 20 s",
    });
    expect(attachment.closed).to.equal(true);
    expect(clock.pending).to.equal(0);
  });

  it("waits on for a slow request as long as the node says anything", async () => {
    const clock = new FakeClock();
    const { session, attachment } = open(clock);
    const asked = session.request("eject", { plan: { vnic } });
    await clock.advance(15);
    attachment.say({ id: 2, result: hello });
    await clock.advance(15);
    attachment.say({ id: 1, step: "removing" });
    await clock.advance(15);
    attachment.say({ id: 1, result: removed });
    expect(await asked).to.deep.equal(removed);
  });

  it("asks nothing while no request waits", async () => {
    const clock = new FakeClock();
    const { session, attachment } = open(clock);
    const asked = session.request("hello", {});
    attachment.say({ id: 1, result: hello });
    await asked;
    await clock.advance(60);
    expect(attachment.requests).to.have.length(1);
    expect(clock.pending).to.equal(0);
  });

  it("tells each listener once that it ended, even a late listener", () => {
    const { session, attachment } = open();
    const told: string[] = [];
    session.onBroken(() => told.push("early"));
    attachment.end("over");
    session.close();
    session.onBroken(() => told.push("late"));
    expect(told).to.deep.equal(["early", "late"]);
  });
});

describe("opening a session", () => {
  const options = {
    name: "job-1",
    node: "worker-1",
    image: "localhost/image:1",
    idleSeconds: 60,
    attachEveryMilliseconds: 15,
  };
  const soon = () => new Deadline("testing", 0.3);
  const ample = () => new Deadline("testing", 120);

  it("retries attaching until the container runs", async () => {
    const cluster = new FakeCluster();
    cluster.attachTooEarly = 3;
    const session = await openSession(cluster, options, ample());
    expect(cluster.calls.filter((call) => call.startsWith("attach"))).to.have.length(4);
    expect(session.job).to.equal("job-1");
    expect(cluster.jobs.get("job-1")?.spec.template.spec.nodeName).to.equal("worker-1");
  });

  it("tries once before a container can run, and then as often as it is told to", async () => {
    const cluster = new FakeCluster();
    cluster.attachTooEarly = 5;
    const attempts = () => cluster.calls.filter((call) => call.startsWith("attach")).length;
    const clock = new FakeClock();
    const deadline = new Deadline("testing", 60, clock);
    const opening = openSession(cluster, { ...options, attachEveryMilliseconds: 50 }, deadline);
    await clock.advance(0.19);
    expect(attempts()).to.equal(1);
    await clock.advance(0.16);
    expect(attempts()).to.equal(5);
    await clock.advance(0.05);
    expect((await opening).job).to.equal("job-1");
  });

  it("retries when the connection ends before the first answer", async () => {
    const cluster = new FakeCluster();
    cluster.nodeSide.hello = () => {
      cluster.nodeSide.hello = () => hello;
      cluster.attachments.at(-1)?.end("container not running yet");
      return hello;
    };
    await openSession(cluster, options, ample());
    expect(cluster.attachments).to.have.length(2);
  });

  it("reports a broken session, and not a stuck container, when the container ended because the connection did", async () => {
    const cluster = new FakeCluster();
    cluster.nodeSide.hello = () => {
      cluster.sessionPod = { metadata: { name: "session-pod" }, status: { phase: "Succeeded" } };
      cluster.attachTooEarly = 100;
      cluster.attachments.at(-1)?.end("the connection was cut");
      return hello;
    };
    const error = await rejection(openSession(cluster, options, ample()));
    expect(error).to.have.property("kind", "sessionBroken");
    expect([...cluster.jobs.keys()]).to.deep.equal([]);
  });

  for (const [what, terminated, kind] of [
    ["was killed from outside", { exitCode: 137, reason: "Error" }, "sessionBroken"],
    ["was killed by its memory limit", { exitCode: 137, reason: "OOMKilled" }, "failed"],
    ["failed by itself", { exitCode: 1, reason: "Error" }, "failed"],
  ] as const)
    it(`reports a ${kind === "failed" ? "failure" : "broken session"} when the container ${what} before it was attached`, async () => {
      const cluster = new FakeCluster();
      cluster.attachTooEarly = 100;
      cluster.sessionPod = {
        metadata: { name: "session-pod" },
        status: { phase: "Failed", containerStatuses: [{ name: "session", state: { terminated } }] },
      };
      const error = await rejection(openSession(cluster, options, ample()));
      expect(error).to.have.property("kind", kind);
      expect(error.message).to.include(`exit code ${terminated.exitCode}`);
    });

  it("fails early even when a connection briefly existed to a container that can't start", async () => {
    const cluster = new FakeCluster();
    cluster.nodeSide.hello = () => {
      const waiting = { reason: "ImagePullBackOff", message: "connection refused" };
      cluster.sessionPod = {
        metadata: { name: "session-pod" },
        status: { phase: "Pending", containerStatuses: [{ name: "session", state: { waiting } }] },
      };
      cluster.attachTooEarly = 100;
      cluster.attachments.at(-1)?.end("the container is not running");
      return hello;
    };
    const error = await rejection(openSession(cluster, options, ample()));
    expect(error).to.have.property("kind", "failed");
  });

  it("fails early, with the kubelet's message, when the container can't start, and removes the Job", async () => {
    const cluster = new FakeCluster();
    const waiting = { reason: "ErrImageNeverPull", message: "Container image is not present" };
    cluster.sessionPod = {
      metadata: { name: "p" },
      status: { phase: "Pending", containerStatuses: [{ name: "session", state: { waiting } }] },
    };
    const error = await rejection(openSession(cluster, options, ample()));
    expect(error.message).to.equal(
      "injection Job vnic-system/job-1 can't run on node worker-1 (image localhost/image:1): ErrImageNeverPull: Container image is not present",
    );
    expect([...cluster.jobs.keys()]).to.deep.equal([]);
  });

  it("fails after 4 s, with an event's message, when its pod isn't even created, and removes the Job", async () => {
    const cluster = new FakeCluster();
    cluster.sessionPod = undefined;
    cluster.systemEvents.set("job-1", [{ type: "Warning", reason: "FailedCreate", message: "exceeded quota" }]);
    const error = await rejectionAfter(4, (clock) => openSession(cluster, options, new Deadline("testing", 60, clock)));
    expect(error.message).to.equal(
      "injection Job vnic-system/job-1 can't run on node worker-1 (image localhost/image:1): FailedCreate: exceeded quota",
    );
    expect([...cluster.jobs.keys()]).to.deep.equal([]);
  });

  it("ignores an event's problem that is gone within 4 s", async () => {
    const cluster = new FakeCluster();
    cluster.attachTooEarly = 150;
    cluster.systemEvents.set("session-pod", [{ type: "Warning", reason: "FailedMount", message: "tried too early" }]);
    const clock = new FakeClock();
    const opening = openSession(cluster, options, new Deadline("testing", 60, clock));
    await clock.advance(3.5);
    expect((await opening).job).to.equal("job-1");
  });

  it("fails after 4 s when no kubelet starts its pod because the node isn't ready", async () => {
    const cluster = new FakeCluster();
    cluster.attachTooEarly = 10_000;
    cluster.nodes.set("worker-1", node({ ready: false }));
    const error = await rejectionAfter(5, (clock) => openSession(cluster, options, new Deadline("testing", 60, clock)));
    expect(error.message).to.match(/: the node isn't ready: Kubelet stopped posting node status\.$/);
  });

  it("says what it waits for when the time is over, and removes the Job", async () => {
    const cluster = new FakeCluster();
    cluster.sessionPod = undefined;
    const error = await rejection(openSession(cluster, options, soon()));
    expect(error).to.deep.include({
      kind: "deadline",
      message:
        "testing: not done within 0.3 s; still waiting for injection Job vnic-system/job-1 on node worker-1: the Job controller has not made its pod yet",
    });
    expect([...cluster.jobs.keys()]).to.deep.equal([]);
  });

  it("gives up at its deadline when the container runs but never answers", async () => {
    const cluster = new FakeCluster();
    cluster.nodeSide.hello = never;
    expect(await rejection(openSession(cluster, options, soon()))).to.have.property("kind", "deadline");
    expect(cluster.attachments.every(({ closed }) => closed)).to.equal(true);
  });

  it("refuses an image with another protocol version, and names the remedy", async () => {
    const cluster = new FakeCluster();
    cluster.nodeSide.hello = () => ({ protocol: protocolVersion + 1, version: "9.0.0" });
    const error = await rejection(openSession(cluster, options, ample()));
    expect(error.message).to.equal(
      `the injection image speaks protocol ${protocolVersion + 1} (version 9.0.0), this package speaks ${protocolVersion}; set vnic:image to the image of this package's version`,
    );
    expect(cluster.attachments[0]?.closed).to.equal(true);
    expect([...cluster.jobs.keys()]).to.deep.equal([]);
  });

  it("fails at once when attaching is forbidden, and removes the Job", async () => {
    const cluster = new FakeCluster();
    cluster.failNext("attach", new VnicError("forbidden", "attaching: HTTP 403"));
    expect(await rejection(openSession(cluster, options, ample()))).to.have.property("kind", "forbidden");
    expect([...cluster.jobs.keys()]).to.deep.equal([]);
  });
});
