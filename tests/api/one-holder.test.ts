import { expect } from "chai";
import { messageOf } from "../../provider/base/errors.ts";
import type { WatchedCluster } from "../../provider/cluster/cluster.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import type { StoredAddress } from "../../provider/model/address/address.ts";
import { apiVersion, networkFinalizer } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { reconcileVnic } from "../../provider/reconciler/controller.ts";
import { vnicsWithoutClaims, vnicWithout } from "../../provider/reconciler/lost-claims.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { driverOf, faithfulNodeSide, makeNode, makePods, numbered, standInCluster } from "../support/api/stand-in.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";

const namespace = "one-holder";
const segment = namespace;
const network = { mode: "macvlan", parent: segment };

/* An address has one holder, however it is written and however quickly records come and go. */
describe("an address on a network", () => {
  let api: ApiServer;
  let drivers: (Driver & { readonly cluster: WatchedCluster })[];
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await makeNode(api, "one-holder-1");
    await makePods(api, namespace, "one-holder-1", ["db-0", "db-1"]);
    const open = async () => driverOf(await standInCluster(api.kubeconfig, faithfulNodeSide()));
    drivers = await Promise.all([open(), open()]);
  });
  after(async () => {
    await removeAll();
    for (const { sessions } of drivers) await sessions.close();
  });

  const list = async <T>(kind: string): Promise<T[]> => {
    const text = await kubectl(api.kubectl, ["get", kind, "-A", "-o", "json"]);
    return (JSON.parse(text) as { items: T[] }).items;
  };
  const recordsThere = async () =>
    (await list<StoredVnic>("vnics")).filter(({ metadata }) => metadata.namespace === namespace);
  const claims = async () =>
    (await list<StoredAddress>("vnicaddresses")).filter(({ spec }) => spec.segment === segment);
  const removeAll = async () => {
    for (const { metadata } of await recordsThere())
      await eject(drivers[0]!, { namespace, name: metadata.name }, { uid: metadata.uid }, new Deadline("deleting", 60));
  };
  /** What the reconciler says of a record that somebody applies; undefined if the Vnic is attached. */
  const reconcile = async (name: string, spec: object): Promise<string | undefined> => {
    await applyObjects(api.kubectl, [{ apiVersion, kind: "Vnic", metadata: { name, namespace }, spec }]);
    const context = { ...drivers[0]!, log: () => undefined, due: new Set<string>(), lost: new Set<string>() };
    return reconcileVnic(context, `${namespace}/${name}`).then(() => undefined, messageOf);
  };

  const notations: [property: string, given: object, others: readonly object[]][] = [
    [
      "addresses",
      { addresses: ["fd50::77/64"] },
      ["FD50::77/64", "fd50:0:0:0:0:0:0:77/64", "fd50:0000::0077/64", "fd50::77/48", "fd50::77/128"].map((one) => ({
        addresses: [one],
      })),
    ],
    ["mac", { mac: "02:00:5e:77:aa:01" }, [{ mac: "02-00-5E-77-AA-01" }, { mac: "02:00:5E:77:aa:01" }]],
  ];
  for (const [property, given, others] of notations)
    it(`is held by one Vnic in whatever notation others want it: ${property}`, async () => {
      const spec = (fields: object, number: number) => ({
        ...{ pod: { name: "db-1" }, network, interfaceName: `net${number}`, addresses: [`10.78.0.${number}/16`] },
        ...fields,
      });
      expect(await reconcile("first", spec(given, 1))).to.equal(undefined);
      for (const [index, other] of others.entries())
        expect(await reconcile(`other-${index}`, spec(other, index + 2)), JSON.stringify(other)).to.match(
          new RegExp(`${property}.*: .* is held by Vnic one-holder/first `),
        );
      await removeAll();
      expect(await claims()).to.deep.equal([]);
    });

  it("is held behind a parent that its Network gets later, from the reconciler's next check on", async () => {
    const lan = { apiVersion, kind: "VnicNetwork", metadata: { name: `${namespace}-lan` } };
    const another = `${namespace}-b`;
    const addresses = ["10.78.7.1/16"];
    const heldBehind = async (segment: string) =>
      (await list<StoredAddress>("vnicaddresses")).filter(({ spec }) => spec.segment === segment);
    await applyObjects(api.kubectl, [{ ...lan, spec: { mode: "macvlan", parent: segment } }]);
    const first = { pod: { name: "db-1" }, network: { name: lan.metadata.name }, interfaceName: "net1", addresses };
    expect(await reconcile("first", first)).to.equal(undefined);
    const parents = [{ nodes: { "example.org/rack": "b" }, parent: another }];
    await applyObjects(api.kubectl, [{ ...lan, spec: { mode: "macvlan", parent: segment, parents } }]);
    const context = {
      ...drivers[0]!,
      log: () => undefined,
      due: new Set([`${namespace}/first`]),
      lost: new Set<string>(),
    };
    await reconcileVnic(context, `${namespace}/first`);
    expect((await heldBehind(another)).map(({ spec }) => spec.holder.name)).to.deep.equal(["first", "first"]);
    const other = { ...first, network: { mode: "macvlan", parent: another }, interfaceName: "net2" };
    expect(await reconcile("other", other)).to.match(/addresses.*: 10[.]78[.]7[.]1 is held by Vnic one-holder\/first /);
    await removeAll();
    expect(await heldBehind(another)).to.deep.equal([]);
    expect(await claims()).to.deep.equal([]);
    await kubectl(api.kubectl, ["delete", "vnicnetwork", lan.metadata.name, "--timeout=30s"]);
  });

  it("is held again after its claim was deleted, and the Network by its finalizer again after it was replaced", async () => {
    const lan = {
      apiVersion,
      kind: "VnicNetwork",
      metadata: { name: `${namespace}-limited` },
      spec: { mode: "macvlan", parent: segment, vnicsPerNamespace: 1 },
    };
    await applyObjects(api.kubectl, [lan]);
    const spec = { network: { name: lan.metadata.name }, interfaceName: "net1", addresses: ["10.78.8.1/16"] };
    expect(await reconcile("first", { ...spec, pod: { name: "db-1" } })).to.equal(undefined);
    const before = await claims();
    await kubectl(api.kubectl, ["delete", "vnicaddresses", ...before.map(({ metadata }) => metadata.name)]);
    await kubectl(api.kubectl, ["replace", "-f", "-"], JSON.stringify(lan));
    const id = `${namespace}/first`;
    const records = await recordsThere();
    const vnics = { list: () => records, listIn: () => records };
    expect(vnicsWithoutClaims({ list: () => [] }, vnics)).to.deep.equal([id]);
    expect(before.map((claim) => vnicWithout(claim, vnics))).to.deep.equal([id, id]);
    const marks = { due: new Set<string>(), lost: new Set<string>() };
    const again = () => reconcileVnic({ ...drivers[0]!, log: () => undefined, ...marks }, id);
    const finalizers = ["get", "vnicnetwork", lan.metadata.name, "-o", "jsonpath={.metadata.finalizers}"];
    await again();
    expect(await claims(), "while nothing is amiss for the controller").to.deep.equal([]);
    marks.due.add(id);
    await again();
    expect(await kubectl(api.kubectl, finalizers)).to.include(networkFinalizer);
    expect(await claims()).to.deep.equal([]);
    marks.lost.add(id);
    await again();
    const after = await claims();
    const parts = ({ metadata: { name, labels }, spec }: StoredAddress) => ({ name, labels, spec });
    expect(after.map(parts)).to.deep.equal(before.map(parts));
    expect(marks.lost.size).to.equal(0);
    const restored = await recordsThere();
    expect(vnicsWithoutClaims({ list: () => after }, { list: () => restored })).to.deep.equal([]);
    expect(await reconcile("other", { ...spec, pod: { name: "db-0" } })).to.match(/may have 1 Vnics|is held by/);
    await removeAll();
    expect(await claims()).to.deep.equal([]);
    await kubectl(api.kubectl, ["delete", "vnicnetwork", lan.metadata.name, "--timeout=30s"]);
  });

  it("stays held after a copy of its Vnic's record, made with annotations and status, was deleted", async () => {
    const spec = { pod: { name: "db-1" }, network, interfaceName: "net1", addresses: ["10.78.9.1/16"] };
    expect(await reconcile("first", { ...spec, mac: "02:00:5e:78:09:01" })).to.equal(undefined);
    const before = await claims();
    const [original] = await recordsThere();
    const { annotations, labels, finalizers } = original!.metadata;
    const copy = { ...original!, metadata: { name: "copy", namespace, annotations, labels, finalizers } };
    await kubectl(api.kubectl, ["create", "-f", "-"], JSON.stringify(copy));
    await kubectl(api.kubectl, ["replace", "--subresource=status", "-f", "-"], JSON.stringify(copy));
    await kubectl(api.kubectl, ["delete", "vnic", "copy", "-n", namespace, "--wait=false"]);
    const context = { ...drivers[0]!, log: () => undefined, due: new Set<string>(), lost: new Set<string>() };
    await reconcileVnic(context, `${namespace}/copy`);
    expect((await recordsThere()).map(({ metadata }) => metadata.name)).to.deep.equal(["first"]);
    expect(await claims()).to.deep.equal(before);
    await removeAll();
    expect(await claims()).to.deep.equal([]);
  });

  it("is held by a Vnic that exists, after a record was deleted and made again while another Vnic wanted it", async () => {
    const deadlines = { createSeconds: 20, updateSeconds: 20, deleteSeconds: 20 };
    const wanted = { ...numbered(namespace, "db-0", 1), deadlines };
    const rival = { ...numbered(namespace, "db-0", 2), addresses: wanted.addresses, deadlines };
    let contested = 0;
    for (let round = 0; round < 10; round++) {
      const [one, other] = round % 2 === 0 ? drivers : [...drivers].reverse();
      const { uid, node, owner = "" } = await inject(one!, wanted);
      const known = { uid, node, owner, podName: "db-0" };
      const [, ...results] = await Promise.allSettled([
        eject(one!, { namespace, name: wanted.name }, known, new Deadline("deleting", 20)),
        inject(other!, wanted),
        inject(other!, rival),
      ]);
      const won = results.filter(({ status }) => status === "fulfilled");
      expect(won.length).to.be.at.most(1);
      contested += results.filter(({ status }) => status === "rejected").length;
      const living = new Set((await recordsThere()).map(({ metadata }) => metadata.uid));
      for (const { spec } of await claims()) expect(living, `${round}: ${spec.value}`).to.include(spec.holder.uid);
      await removeAll();
      expect(await claims(), String(round)).to.deep.equal([]);
    }
    expect(contested).to.be.greaterThan(0);
  });
});
