import { expect } from "chai";
import { hostOf } from "../../provider/base/address.ts";
import { messageOf } from "../../provider/base/errors.ts";
import type { WatchedCluster } from "../../provider/cluster/cluster.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import type { StoredAddress } from "../../provider/model/address/address.ts";
import type { PodObject } from "../../provider/model/kubernetes/pod.ts";
import { apiVersion } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import type { StoredVnicSet } from "../../provider/model/vnic-set/record.ts";
import { reconcileVnic } from "../../provider/reconciler/controller.ts";
import { UnavailableAddresses } from "../../provider/reconciler/unavailable-addresses.ts";
import { reconcileVnicSet } from "../../provider/reconciler/vnic-set.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { driverOf, faithfulNodeSide, makeNode, makePods, standInCluster } from "../support/api/stand-in.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";

const namespace = "restored";
const id = `${namespace}/wires`;

/* What is restored from a backup has other UIDs than before, so its owner references name a set that doesn't exist. */
describe("a VnicSet and its Vnics", () => {
  let api: ApiServer;
  let driver: Driver & { readonly cluster: WatchedCluster };
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await makeNode(api, "restored-1");
    await makePods(api, namespace, "restored-1", ["db-0", "db-1", "db-2"]);
    await kubectl(api.kubectl, ["label", "pods", "-n", namespace, "--all", "app=db"]);
    driver = driverOf(await standInCluster(api.kubeconfig, faithfulNodeSide()));
    await applyObjects(api.kubectl, [{ apiVersion, kind: "VnicSet", metadata: { name: "wires", namespace }, spec }]);
    await reconcile();
  });
  after(async () => {
    await kubectl(api.kubectl, ["delete", "vnicset", "wires", "-n", namespace, "--wait=false"]);
    await reconcile();
    await driver.sessions.close();
  });
  const range = { cidr: "10.79.0.0/24", from: "10.79.0.1", to: "10.79.0.200" };
  const spec = {
    selector: { app: "db" },
    template: { network: { mode: "macvlan", parent: namespace } },
    addresses: [range],
  };

  const list = async <T>(kind: string): Promise<T[]> => {
    const text = await kubectl(api.kubectl, ["get", kind, "-n", namespace, "-o", "json"]);
    return (JSON.parse(text) as { items: T[] }).items;
  };
  const claims = async () =>
    (await list<StoredAddress>("vnicaddresses")).filter(({ spec }) => spec.segment === namespace);
  /** Lets the set and its Vnics settle, and returns what went wrong. */
  const reconcile = async (): Promise<string[]> => {
    const problems: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      problems.length = 0;
      const [pods, vnics, addresses] = await Promise.all([
        list<PodObject>("pods"),
        list<StoredVnic>("vnics"),
        list<StoredAddress>("vnicaddresses"),
      ]);
      const unavailable = new UnavailableAddresses({ list: () => addresses }, { list: () => vnics });
      const log = (): void => undefined;
      const watcher = { cluster: driver.cluster, pods: { listIn: () => pods }, unavailable, log };
      const isUnfinished = ({ againInSeconds }: { againInSeconds?: number }) => againInSeconds === 0;
      const note = (error: unknown) => void problems.push(messageOf(error));
      if (isUnfinished((await reconcileVnicSet(watcher, id).catch(note)) ?? {}))
        await reconcileVnicSet(watcher, id).catch(note);
      for (const { metadata } of await list<StoredVnic>("vnics")) {
        const context = { ...driver, log, due: new Set<string>(), lost: new Set<string>() };
        await reconcileVnic(context, `${namespace}/${metadata.name}`).catch(note);
      }
    }
    return problems;
  };
  const addressesByPod = async () =>
    Object.fromEntries((await list<StoredVnic>("vnics")).map(({ spec }) => [spec.pod.name, spec.addresses]));
  /** What a backup has of a set and its Vnics, which are then removed behind the reconciler's back. */
  const lose = async (): Promise<{ metadata: Record<string, unknown> }[]> => {
    const objects: { metadata: Record<string, unknown> }[] = [];
    for (const kind of ["vnicsets", "vnics"])
      for (const object of await list<StoredVnic>(kind)) {
        objects.push(object as never);
        const it = [kind, object.metadata.name, "-n", namespace];
        await kubectl(api.kubectl, ["patch", ...it, "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
        await kubectl(api.kubectl, ["delete", ...it]);
      }
    expect(await list("vnics")).to.deep.equal([]);
    return objects;
  };
  const restore = (objects: readonly object[]) =>
    kubectl(api.kubectl, ["create", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  const expectServed = async (addresses: object) => {
    expect(await reconcile()).to.deep.equal([]);
    const [set] = await list<StoredVnicSet>("vnicsets");
    expect([set?.status?.desired, set?.status?.ready, set?.status?.conditions[0]?.reason]).to.deep.equal([
      ...[3, 3, "AllServed"],
    ]);
    expect(await addressesByPod()).to.deep.equal(addresses);
    const vnics = await list<StoredVnic>("vnics");
    for (const { metadata } of vnics)
      expect(metadata.ownerReferences?.map((owner) => (owner as { uid: string }).uid)).to.deep.equal([
        set?.metadata.uid,
      ]);
    const uids = new Set(vnics.map(({ metadata }) => metadata.uid));
    const held = (await claims()).filter(({ spec }) => uids.has(spec.holder.uid)).map(({ spec }) => spec.value);
    expect(held.sort()).to.deep.equal(
      vnics.flatMap(({ status }) => [status!.interface!.mac, ...status!.interface!.addresses.map(hostOf)]).sort(),
    );
  };

  /* Addresses by the pods' ordinals or hashes would be the same again without any record. */
  const moved = { "db-0": ["10.79.0.151/24"], "db-1": ["10.79.0.152/24"], "db-2": ["10.79.0.153/24"] };
  const move = (objects: readonly { metadata: Record<string, unknown> }[]) =>
    objects.map((object) => {
      const { kind, spec } = object as unknown as StoredVnic;
      const addresses = kind === "Vnic" && moved[spec.pod.name as keyof typeof moved];
      return addresses ? { ...object, spec: { ...spec, addresses } } : object;
    });

  for (const [how, omitted] of [
    ["with their owner references", []],
    ["without their owner references", ["ownerReferences"]],
  ] as const)
    it(`keep their addresses after they were restored from a backup ${how}`, async () => {
      const objects = move(await lose());
      const left = ["uid", "resourceVersion", ...omitted];
      const stripped = (metadata: object) =>
        Object.fromEntries(Object.entries(metadata).filter(([key]) => !left.includes(key)));
      await restore(objects.map((object) => ({ ...object, metadata: stripped(object.metadata) })));
      await expectServed(moved);
    });
});
