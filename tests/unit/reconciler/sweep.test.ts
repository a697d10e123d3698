import { expect } from "chai";
import { Session } from "../../../provider/lifecycle/session/session.ts";
import { annotations } from "../../../provider/model/names.ts";
import { sweep } from "../../../provider/reconciler/sweep.ts";
import { FakeAttachment } from "../../fakes/attachment.ts";
import { FakeCluster } from "../../fakes/cluster.ts";
import { FakeNodeSide } from "../../fakes/node-side.ts";
import { storedVnic, uid } from "../../fakes/objects.ts";

describe("sweeping a node", () => {
  it("takes away what is gone or elsewhere by now, and nothing that belongs there", async () => {
    const cluster = new FakeCluster();
    const nodeSide = new FakeNodeSide();
    const vnic = (name: string, number: number) => ({ uid: uid(number), namespace: "shop", name });
    nodeSide.list = () => ({ vnics: [vnic("here", 1), vnic("gone", 2), vnic("remade", 3), vnic("elsewhere", 4)] });
    cluster.store(storedVnic({ name: "here" }, { uid: uid(1) }));
    cluster.store(storedVnic({ name: "remade" }, { uid: uid(33) }));
    cluster.store(
      storedVnic(
        { name: "elsewhere" },
        { uid: uid(4), annotations: { [annotations.node]: "worker-2", [annotations.podUid]: uid(2) } },
      ),
    );
    const session = new Session("job", new FakeAttachment((request, self) => void nodeSide.serve(request, self)));
    const logged: unknown[] = [];
    await sweep(cluster, (_, __, about) => void logged.push(about?.vnic), "worker-1", session);
    const ejected = nodeSide.work.flatMap((request) => (request.verb === "eject" ? [request.plan.vnic.name] : []));
    expect(ejected).to.deep.equal(["gone", "remade", "elsewhere"]);
    expect(logged).to.deep.equal(ejected.map((name) => `shop/${name}`));
  });
});
