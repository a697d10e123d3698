import { expect } from "chai";
import { messageOf } from "../../provider/base/errors.ts";
import type { WatchedCluster } from "../../provider/cluster/cluster.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import type { PodObject } from "../../provider/model/kubernetes/pod.ts";
import { apiVersion } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import type { StoredVnicSet } from "../../provider/model/vnic-set/record.ts";
import { UnavailableAddresses } from "../../provider/reconciler/unavailable-addresses.ts";
import { reconcileVnicSet } from "../../provider/reconciler/vnic-set.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { driverOf, faithfulNodeSide, makeNode, makePods, standInCluster } from "../support/api/stand-in.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";

const namespace = "refused-member";
const id = `${namespace}/wires`;

/* What others have installed decides about a set's Vnics, too: quotas, policies, webhooks. */
describe("a VnicSet with Vnics that the API server refuses", () => {
  let api: ApiServer;
  let driver: Driver & { readonly cluster: WatchedCluster };
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await makeNode(api, `${namespace}-1`);
    await makePods(api, namespace, `${namespace}-1`, ["db-0", "db-1", "db-2"]);
    await kubectl(api.kubectl, ["label", "pods", "-n", namespace, "--all", "app=db"]);
    driver = driverOf(await standInCluster(api.kubeconfig, faithfulNodeSide()));
    const network = { mode: "macvlan", parent: namespace };
    const addresses = [{ cidr: "10.80.0.0/24" }];
    const spec = { selector: { app: "db" }, template: { network }, addresses };
    await applyObjects(api.kubectl, [{ apiVersion, kind: "VnicSet", metadata: { name: "wires", namespace }, spec }]);
  });
  after(async () => {
    await kubectl(api.kubectl, ["delete", "resourcequota", "few", "-n", namespace]);
    await driver.sessions.close();
  });

  const list = async <T>(kind: string): Promise<T[]> => {
    const text = await kubectl(api.kubectl, ["get", kind, "-n", namespace, "-o", "json"]);
    return (JSON.parse(text) as { items: T[] }).items;
  };
  const reconcile = async (): Promise<string | undefined> => {
    const pods = await list<PodObject>("pods");
    const unavailable = new UnavailableAddresses({ list: () => [] }, { list: () => [] });
    const watcher = { cluster: driver.cluster, pods: { listIn: () => pods }, unavailable, log: () => undefined };
    return reconcileVnicSet(watcher, id).then(() => undefined, messageOf);
  };
  const ready = async () => {
    const [set] = await list<StoredVnicSet>("vnicsets");
    return set?.status?.conditions.find(({ type }) => type === "Ready");
  };

  it("says in its status why a quota refuses one, and makes the others", async () => {
    const hard = { "count/vnics.pulumi-vnic.dev": "2" };
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "few", namespace }, spec: { hard } };
    await applyObjects(api.kubectl, [quota]);
    // Otherwise, a controller of Kubernetes counts.
    const status = JSON.stringify({ status: { hard, used: { "count/vnics.pulumi-vnic.dev": "0" } } });
    await kubectl(api.kubectl, [
      "patch",
      "resourcequota",
      "few",
      "-n",
      namespace,
      "--subresource=status",
      "--type=merge",
      "-p",
      status,
    ]);
    expect(await reconcile()).to.equal(undefined);
    const words = /exceeded quota: few/;
    expect(await reconcile(), "the error that lets the queue try again later").to.match(words);
    expect(await list<StoredVnic>("vnics")).to.have.length(2);
    expect(await ready()).to.include({ status: "False", reason: "Forbidden" });
    expect((await ready())?.message).to.match(words);
    expect(await reconcile()).to.match(words);
    await kubectl(api.kubectl, ["delete", "vnic", "-n", namespace, "--all", "--wait=false"]);
  });
});
