import { expect } from "chai";
import type { WatchedCluster } from "../../provider/cluster/cluster.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { apiVersion } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { startControllers } from "../support/api/controllers.ts";
import { type ApiServer, startApiServer } from "../support/api/server.ts";
import { driverOf, faithfulNodeSide, standInCluster } from "../support/api/stand-in.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";

const namespace = "shop";

/*
 * Kubernetes' garbage collector counts objects that name an owner by the owner's UID alone, also those of other namespaces.
 * An owner that is deleted in the foreground waits for them. This is so for each kind, and docs/security.md says it.
 */
describe("an object of another namespace that names a Vnic as its owner", () => {
  let api: ApiServer;
  let driver: Driver & { readonly cluster: WatchedCluster };
  let endControllers: () => void;
  before(async () => {
    api = await startApiServer({ standing: ["policies"] });
    endControllers = await startControllers(api, ["garbage-collector-controller"]);
    for (const name of [namespace, "tenant"]) await api.makeNamespace(name);
    driver = driverOf(await standInCluster(api.kubeconfig, faithfulNodeSide()));
  });
  after(async () => {
    await driver.sessions.close();
    endControllers();
  });

  const uidOf = async (name: string): Promise<string | undefined> => {
    const uid = ["--ignore-not-found", "-o", "jsonpath={.metadata.uid}"];
    return (await kubectl(api.kubectl, ["get", "vnic", name, "-n", namespace, ...uid])) || undefined;
  };
  const make = async (name: string): Promise<string> => {
    const spec = { pod: { name: "db-0" }, network: { parent: "eth1" } };
    await applyObjects(api.kubectl, [{ apiVersion, kind: "Vnic", metadata: { name, namespace }, spec }]);
    return (await uidOf(name))!;
  };
  /** Makes a Vnic, and an object of another namespace that names it and can't be deleted. */
  const makeNamed = async (name: string): Promise<string> => {
    const uid = await make(name);
    const owner = { apiVersion, kind: "Vnic", name, uid, blockOwnerDeletion: true };
    const metadata = { name, namespace: "tenant", finalizers: ["example.com/keep"], ownerReferences: [owner] };
    await applyObjects(api.kubectl, [{ apiVersion: "v1", kind: "ConfigMap", metadata }]);
    return uid;
  };
  const remove = (name: string, cascade: string) =>
    kubectl(api.kubectl, ["delete", "vnic", name, "-n", namespace, `--cascade=${cascade}`, "--wait=false"]);
  const awaitGone = (name: string) =>
    until(`Vnic ${name} to be gone`, 240, async () => !(await uidOf(name)) || undefined);

  it("doesn't hold its deletion in the background, which is the default", async () => {
    await makeNamed("background");
    await remove("background", "background");
    await awaitGone("background");
  });

  it("holds its deletion in the foreground, until it is deleted in the background", async () => {
    await makeNamed("held");
    await make("free");
    // The collector takes them in this order.
    await remove("held", "foreground");
    await remove("free", "foreground");
    await awaitGone("free");
    expect(await uidOf("held")).to.not.equal(undefined);
    await remove("held", "background");
    await awaitGone("held");
  });

  it("doesn't hold its ejection, even if somebody deletes it in the foreground", async () => {
    const uid = await makeNamed("ejected");
    await remove("ejected", "foreground");
    await eject(driver, { namespace, name: "ejected" }, { uid }, new Deadline("deleting", 60));
    await awaitGone("ejected");
  });
});
