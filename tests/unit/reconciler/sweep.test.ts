import { expect } from "chai";
import { Session } from "../../../provider/lifecycle/session/session.ts";
import { annotations, type VnicRef } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import type { Log } from "../../../provider/reconciler/log.ts";
import { sweep, Sweeps } from "../../../provider/reconciler/sweep.ts";
import { vnicsByPlaceOf } from "../../../provider/reconciler/vnics-by-place.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { FakeAttachment } from "../../fakes/attachment.ts";
import { FakeCluster } from "../../fakes/cluster.ts";
import { FakeNodeSide } from "../../fakes/node-side.ts";
import { storedVnic, uid } from "../../fakes/objects.ts";
import { FakeWatched } from "../../fakes/watched.ts";

describe("sweeping a node", () => {
  it("ejects Vnics that are gone or elsewhere, and nothing that belongs to the node", async () => {
    const cluster = new FakeCluster();
    const nodeSide = new FakeNodeSide();
    const names = ["late", "here", "gone", "remade", "elsewhere"];
    const vnic = (name: string, number: number) => ({ uid: uid(number), namespace: "shop", name });
    cluster.store(storedVnic({ name: "late" }, { uid: uid(0) }));
    nodeSide.list = () => ({ vnics: names.map((name, index) => vnic(name, index)) });
    cluster.store(storedVnic({ name: "here" }, { uid: uid(1) }));
    cluster.store(storedVnic({ name: "remade" }, { uid: uid(33) }));
    cluster.store(
      storedVnic(
        { name: "elsewhere" },
        { uid: uid(4), annotations: { [annotations.node]: "worker-2", [annotations.podUid]: uid(2) } },
      ),
    );
    const session = new Session(
      "job",
      "worker-1",
      new FakeAttachment((request, self) => void nodeSide.serve(request, self)),
      new FakeClock(),
    );
    const logged: unknown[] = [];
    const log: Log = (_, __, about) => void logged.push(about?.vnic);
    const read: string[] = [];
    const findVnic = (ref: VnicRef) => (read.push(ref.name), cluster.findVnic(ref));
    // The watch hasn't seen yet that a Vnic has come, and that another one was made anew.
    const seen = new FakeWatched(storedVnic({ name: "here" }, { uid: uid(1) }));
    seen.put(storedVnic({ name: "remade" }, { uid: uid(34) }));
    await sweep({ cluster: { findVnic }, log, vnicsByPlace: vnicsByPlaceOf(seen) }, "worker-1", session);
    expect(read).to.deep.equal(["late", "gone", "remade", "elsewhere"]);
    const ejected = nodeSide.work.flatMap((request) => (request.verb === "eject" ? [request.plan.vnic.name] : []));
    expect(ejected).to.deep.equal(["gone", "remade", "elsewhere"]);
    expect(logged).to.deep.equal(ejected.map((name) => `shop/${name}`));
  });

  it("ejects those of a namespace however long another namespace's take", async () => {
    const nodeSide = new FakeNodeSide();
    const vnic = (namespace: string, number: number) => ({ uid: uid(number), namespace, name: `v${number}` });
    nodeSide.list = () => ({ vnics: [...[1, 2, 3].map((number) => vnic("bank", number)), vnic("shop", 4)] });
    nodeSide.eject = (request) =>
      request.verb === "eject" && request.plan.vnic.namespace === "bank"
        ? new Promise(() => undefined)
        : { removed: true, resourceFile: true, steps: [] };
    const attachment = new FakeAttachment((request, self) => void nodeSide.serve(request, self));
    const session = new Session("job", "worker-1", attachment, new FakeClock());
    const logged: unknown[] = [];
    const log: Log = (_, __, about) => void logged.push(about?.vnic);
    const vnicsByPlace = vnicsByPlaceOf(new FakeWatched<StoredVnic>());
    void sweep({ cluster: new FakeCluster(), log, vnicsByPlace }, "worker-1", session);
    await settle();
    expect(logged).to.deep.equal(["shop/v4"]);
  });
});

describe("the sweeps of a node", () => {
  const setUp = (answer: (node: string) => Promise<number>) => {
    const swept: string[] = [];
    const sweeps = new Sweeps({ log: () => undefined, sweep: (node) => (swept.push(node), answer(node)) });
    return { swept, sweeps };
  };

  it("are repeated at each visit, even when no other session is opened", async () => {
    const { swept, sweeps } = setUp(() => Promise.resolve(3));
    sweeps.opened("worker-1");
    await settle();
    expect([...sweeps.nodes]).to.deep.equal(["worker-1"]);
    for (let visit = 0; visit < 2; visit++) {
      sweeps.visit("worker-1");
      await settle();
    }
    expect(swept).to.deep.equal(["worker-1", "worker-1", "worker-1"]);
  });

  it("aren't more frequent with many sessions", async () => {
    const { swept, sweeps } = setUp(() => Promise.resolve(3));
    for (let session = 0; session < 300; session++) {
      sweeps.opened("worker-1");
      await settle();
    }
    expect(swept).to.have.length(1);
  });

  it("don't overlap", async () => {
    const { swept, sweeps } = setUp(() => new Promise(() => undefined));
    sweeps.opened("worker-1");
    sweeps.opened("worker-1");
    await settle();
    expect(swept).to.have.length(1);
  });

  it("end with a node that holds nothing or is gone, and begin again with its next session", async () => {
    const { swept, sweeps } = setUp((node) =>
      node === "empty" ? Promise.resolve(0) : Promise.reject(new VnicError("refused", "there is no such node")),
    );
    sweeps.opened("empty");
    sweeps.opened("gone");
    await settle();
    for (const node of ["empty", "gone"]) sweeps.visit(node);
    await settle();
    expect(swept).to.deep.equal(["empty", "gone"]);
    sweeps.opened("empty");
    await settle();
    expect(swept).to.have.length(3);
  });

  it("continue after a failed one", async () => {
    const { swept, sweeps } = setUp(() => Promise.reject(new VnicError("deadline", "no answer")));
    sweeps.opened("worker-1");
    await settle();
    sweeps.visit("worker-1");
    await settle();
    expect(swept).to.have.length(2);
  });
});
