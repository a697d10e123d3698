import type { WatchedCluster } from "../../../provider/cluster/cluster.ts";
import type { Driver } from "../../../provider/lifecycle/driver.ts";
import type { StoredAddress } from "../../../provider/model/address/address.ts";
import type { PodObject } from "../../../provider/model/kubernetes/pod.ts";
import { apiVersion } from "../../../provider/model/names.ts";
import type { AddressRange } from "../../../provider/model/schema/range.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { UnavailableAddresses } from "../../../provider/reconciler/unavailable-addresses.ts";
import { reconcileVnicSet } from "../../../provider/reconciler/vnic-set.ts";
import { applyObjects, kubectl } from "../cluster.ts";
import { type ApiServer, apiServer } from "./server.ts";
import { driverOf, faithfulNodeSide, makeNode, makePods, standInCluster } from "./stand-in.ts";

/** The VnicSet `wires` for the pods `db-0` to `db-2` of a namespace of its own, on an inline network with the namespace's name. */
export interface SetBench {
  readonly api: ApiServer;
  /** Close its sessions afterwards. */
  readonly driver: Driver & { readonly cluster: WatchedCluster };
  /** The objects of a kind in the namespace. */
  list<T>(kind: string): Promise<T[]>;
  /** What the reconciler does once for the set. */
  reconcileSet(): ReturnType<typeof reconcileVnicSet>;
}

export async function openSetBench(namespace: string, addresses: readonly AddressRange[]): Promise<SetBench> {
  const api = await apiServer();
  const node = `${namespace}-1`;
  await api.makeNamespace(namespace);
  await makeNode(api, node);
  await makePods(api, namespace, node, ["db-0", "db-1", "db-2"]);
  await kubectl(api.kubectl, ["label", "pods", "-n", namespace, "--all", "app=db"]);
  const driver = driverOf(await standInCluster(api.kubeconfig, faithfulNodeSide()));
  const spec = { selector: { app: "db" }, template: { network: { mode: "macvlan", parent: namespace } }, addresses };
  await applyObjects(api.kubectl, [{ apiVersion, kind: "VnicSet", metadata: { name: "wires", namespace }, spec }]);

  const list = async <T>(kind: string): Promise<T[]> => {
    const text = await kubectl(api.kubectl, ["get", kind, "-n", namespace, "-o", "json"]);
    return (JSON.parse(text) as { items: T[] }).items;
  };
  const reconcileSet = async () => {
    const [pods, vnics, claims] = await Promise.all([
      list<PodObject>("pods"),
      list<StoredVnic>("vnics"),
      list<StoredAddress>("vnicaddresses"),
    ]);
    const unavailable = new UnavailableAddresses({ list: () => claims }, { list: () => vnics });
    const watcher = { cluster: driver.cluster, pods: { listIn: () => pods }, unavailable, log: () => undefined };
    return reconcileVnicSet(watcher, `${namespace}/wires`);
  };
  return { api, driver, list, reconcileSet };
}
