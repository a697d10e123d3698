import { expect } from "chai";
import { openCluster } from "../../../provider/cluster/kube-cluster.ts";
import { FakeApiServer, ok } from "../../fakes/api-server.ts";
import { kubeconfig } from "../../fakes/kubeconfig.ts";
import { pod, uid } from "../../fakes/objects.ts";

describe("concurrent calls of a cluster", () => {
  let server: FakeApiServer;
  beforeEach(async () => (server = await new FakeApiServer().start()));
  afterEach(() => server.stop());
  const open = () => openCluster({ kubeconfig: kubeconfig({ server: server.url }) });
  const eight = <T>(ask: () => Promise<T>) => Promise.all(Array.from({ length: 8 }, ask));

  it("share two reads: one for the first caller, one for all that came during it", async () => {
    const cluster = await open();
    await eight(() => cluster.findPod("shop", "db-0"));
    await eight(() => cluster.findNode("worker-1"));
    await eight(() => cluster.findNetwork("lan"));
    await eight(() => cluster.findAttachmentDefinition({ namespace: "shop", name: "lan" }));
    expect(server.requests).to.deep.equal([
      ...Array<string>(2).fill("GET /api/v1/namespaces/shop/pods/db-0"),
      ...Array<string>(2).fill("GET /api/v1/nodes/worker-1"),
      ...Array<string>(2).fill("GET /apis/pulumi-vnic.dev/v1alpha1/vnicnetworks/lan"),
      ...Array<string>(2).fill("GET /apis/k8s.cni.cncf.io/v1/namespaces/shop/network-attachment-definitions/lan"),
    ]);
  });

  it("return what existed after each caller asked", async () => {
    const cluster = await open();
    let made = 0;
    server.on("GET /api/v1/namespaces/shop/pods/db-0", () => ok(pod({ uid: uid(++made) })));
    const seen = await eight(() => cluster.findPod("shop", "db-0"));
    expect(seen.map((one) => one?.metadata?.uid)).to.deep.equal([uid(1), ...Array<string>(7).fill(uid(2))]);
    expect((await cluster.findPod("shop", "db-0"))?.metadata?.uid).to.equal(uid(3));
  });
});
