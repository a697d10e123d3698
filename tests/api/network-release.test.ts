import { expect } from "chai";
import { messageOf, VnicError } from "../../provider/base/errors.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { apiVersion, networkFinalizer } from "../../provider/model/names.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { FakeNodeSide } from "../fakes/node-side.ts";
import { injectResult } from "../fakes/objects.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { driverOf, makeNode, makePods, numbered, standInCluster } from "../support/api/stand-in.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";

const namespace = "network-release";

describe("kubectl deletes a VnicNetwork without a reconciler", () => {
  let api: ApiServer;
  let driver: ReturnType<typeof driverOf>;
  const nodeSide = new FakeNodeSide();
  const [one, two] = ["released-1", "released-2"] as const;
  const network = (name: string) => ({
    ...{ apiVersion, kind: "VnicNetwork", metadata: { name } },
    spec: { mode: "macvlan", parent: name, freeMacs: true, freeAddresses: true },
  });
  const wire = (name: string) => ({ ...numbered(namespace, "db-0", 1), network: { name } });
  const finalizersOf = (name: string) =>
    kubectl(api.kubectl, ["get", "vnicnetwork", name, "-o", "jsonpath={.metadata.finalizers}"]);
  const remove = (name: string) => kubectl(api.kubectl, ["delete", "vnicnetwork", name, "--timeout=120s"]);

  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await makeNode(api, namespace);
    await makePods(api, namespace, namespace, ["db-0"]);
    driver = driverOf(await standInCluster(api.kubeconfig, nodeSide));
  });
  beforeEach(async () => {
    nodeSide.inject = () => injectResult();
    await applyObjects(api.kubectl, [network(one), network(two)]);
  });
  after(() => driver.sessions.close());

  it("on which the first Vnic has failed", async () => {
    nodeSide.inject = () => {
      throw new VnicError("refused", "network.parent: there is no interface");
    };
    expect(await inject(driver, wire(one)).catch(messageOf)).to.equal("network.parent: there is no interface");
    expect(await finalizersOf(one)).to.equal("");
    await remove(one);
    await remove(two);
  });

  it("that its last Vnic has left for another one", async () => {
    const first = await inject(driver, wire(one));
    expect(await finalizersOf(one)).to.include(networkFinalizer);
    const moved = await inject(driver, wire(two), { known: first });
    await remove(one);
    expect(await finalizersOf(two)).to.include(networkFinalizer);
    await eject(driver, vnicRef(moved), moved, new Deadline("deleting", 120));
    await remove(two);
  });
});
