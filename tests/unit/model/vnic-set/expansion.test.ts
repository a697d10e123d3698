import { expect } from "chai";
import { addressAt, freeSpans } from "../../../../provider/model/schema/range.ts";
import { expand } from "../../../../provider/model/vnic-set/expansion.ts";
import { storedVnic, uid } from "../../../fakes/objects.ts";
import { FakeWorld, member, statefulSet, vnicSet } from "../../../fakes/vnic-sets.ts";

describe("the expansion of a VnicSet", () => {
  let world: FakeWorld;

  beforeEach(() => {
    world = new FakeWorld();
    world.statefulSets = [statefulSet(3)];
    world.pods = [member("db-0"), member("db-1", 1), member("db-2", 2)];
  });

  it("creates one Vnic for each running, matching pod, and then nothing more", () => {
    world.pods.push(member("web-0", 3, { labels: { app: "web" } }), {
      ...member("db-9"),
      status: { phase: "Pending" },
    });
    const first = world.step();
    expect(first.apply).to.have.length(3);
    expect(first.desired, "with the one that will run").to.equal(4);
    expect(world.addresses).to.deep.equal({
      "db-0": "192.168.50.10/24",
      "db-1": "192.168.50.11/24",
      "db-2": "192.168.50.12/24",
    });
    const again = world.step();
    expect([...again.apply, ...again.remove]).to.deep.equal([]);
  });

  it("creates complete records that the set owns, with one interface name for all pods", () => {
    const [record] = world.step().apply;
    expect(record?.metadata).to.deep.include({ namespace: "shop" });
    expect(record?.metadata.name).to.match(/^wires-[0-9a-f]{10}$/);
    expect(record?.metadata.labels).to.include({ "pulumi-vnic.dev/set": "wires" });
    expect(record?.metadata.annotations).to.deep.equal({ "pulumi-vnic.dev/owner": "VnicSet shop/wires" });
    expect(record?.metadata.ownerReferences?.[0]).to.deep.include({ kind: "VnicSet", name: "wires", uid: uid(100) });
    expect(record?.spec.mac).to.match(/^[0-9a-f:]{17}$/);
    expect(new Set(world.vnics.map(({ spec }) => spec.interfaceName)).size).to.equal(1);
    expect(new Set(world.vnics.map(({ spec }) => spec.mac)).size).to.equal(3);
  });

  it("keeps the Vnic of a StatefulSet's pod that is gone and will return, with its address and MAC", () => {
    world.step();
    const before = world.vnics.find(({ spec }) => spec.pod.name === "db-1");
    world.pods = [member("db-0"), member("db-2", 2)];
    expect(world.step().remove).to.deep.equal([]);
    world.pods.push(member("db-1", 9));
    world.step();
    expect(world.vnics.find(({ spec }) => spec.pod.name === "db-1")).to.deep.equal(before);
  });

  it("removes a Vnic after a scale down, once the pod is gone, and gives the same address after a scale up", () => {
    world.step();
    world.statefulSets = [statefulSet(2)];
    world.pods[2] = { ...member("db-2", 2), metadata: { ...member("db-2", 2).metadata, deletionTimestamp: "now" } };
    expect(world.step().remove, "while the pod ends").to.deep.equal([]);
    world.pods.pop();
    expect(world.step().remove.map(({ spec }) => spec.pod.name)).to.deep.equal(["db-2"]);
    world.collect();
    world.statefulSets = [statefulSet(3)];
    world.pods.push(member("db-2", 20));
    world.step();
    expect(world.addresses["db-2"]).to.equal("192.168.50.12/24");
  });

  it("follows a rollout of a Deployment: new pods get other addresses, and old ones are freed", () => {
    const deployment = { metadata: { name: "web" }, spec: statefulSet(0).spec };
    world = new FakeWorld(vnicSet({ workload: { kind: "Deployment", name: "web" } }));
    world.workload = deployment;
    world.pods = ["web-5d-a", "web-5d-b"].map((name) => member(name, 0, { owner: "ReplicaSet/web-5d" }));
    world.step();
    world.pods.push(member("web-77-c", 5, { owner: "ReplicaSet/web-77" }));
    world.step();
    expect(new Set(Object.values(world.addresses)).size).to.equal(3);
    world.pods.shift();
    expect(world.step().remove.map(({ spec }) => spec.pod.name)).to.deep.equal(["web-5d-a"]);
  });

  it("selects only pods of its workload, not others with the same labels", () => {
    world = new FakeWorld(vnicSet({ workload: { kind: "StatefulSet", name: "db" } }));
    world.pods = [member("db-0"), member("stray", 1, { owner: "ReplicaSet/stray" })];
    expect(world.step().served, "while there is no workload").to.deep.equal([]);
    world.workload = statefulSet(1);
    expect(world.step().served.map(({ metadata }) => metadata?.name)).to.deep.equal(["db-0"]);
  });

  it("has the youngest pods wait when the range is exhausted, and gives them the next freed address", () => {
    world.statefulSets = [];
    world.pods = Array.from({ length: 6 }, (_, index) => member(`db-x${index}`, index));
    const first = world.step();
    expect(first.waiting).to.deep.equal(["db-x4", "db-x5"]);
    world.pods.splice(1, 1);
    expect(world.step().waiting, "while the old Vnic is being deleted").to.deep.equal(["db-x4", "db-x5"]);
    const freed = world.addresses["db-x1"];
    world.collect();
    expect(world.step().waiting).to.deep.equal(["db-x5"]);
    expect(world.addresses["db-x4"]).to.equal(freed);
  });

  it("reserves the address of its ordinal for a starting pod when a pod with a higher ordinal runs first", () => {
    world.statefulSets = [statefulSet(5)];
    world.pods.push({ ...member("db-3", 3), status: { phase: "Pending" } }, member("db-4", 3));
    const first = world.step();
    expect(first.waiting).to.deep.equal(["db-4"]);
    expect(Object.keys(world.addresses)).to.deep.equal(["db-0", "db-1", "db-2"]);
    world.pods[3] = member("db-3", 3);
    expect(world.step().waiting).to.deep.equal(["db-4"]);
    expect(world.addresses["db-3"]).to.equal("192.168.50.13/24");
  });

  it("gives 1000 pods 1000 different addresses, and changes none when it is repeated", () => {
    const range = { cidr: "10.0.0.0/22", exclude: ["10.0.0.1-10.0.0.20", "10.0.3.253", "10.0.3.254"] };
    world = new FakeWorld(vnicSet({ addresses: [range] }));
    world.pods = Array.from({ length: 1000 }, (_, index) => member(`web-${index.toString(36)}-q`, index));
    expect(world.step().waiting).to.deep.equal([]);
    const given = new Set(Object.values(world.addresses));
    expect(given.size).to.equal(1000);
    expect(given).to.include(addressAt(range, freeSpans(range), 999n));
    expect(expand(world.world)).to.deep.include({ apply: [], remove: [], waiting: [] });
  });

  it("doesn't give out an address that a Vnic outside of the set has", () => {
    world.vnics = [storedVnic({ name: "fixed", addresses: ["192.168.50.11/24"] })];
    world.step();
    expect(world.addresses).to.deep.equal({
      "db-0": "192.168.50.10/24",
      "db-1": "192.168.50.12/24",
      "db-2": "192.168.50.13/24",
    });
  });

  it("gives another address to a Vnic whose address turned out to be taken before it was realised", () => {
    world.step();
    world.vnics.push(storedVnic({ name: "fixed", addresses: ["192.168.50.10/24"] }));
    world.step();
    expect(world.addresses["db-0"]).to.equal("192.168.50.13/24");
    world.realise();
    world.vnics.push(storedVnic({ name: "late", addresses: ["192.168.50.12/24"] }));
    expect(world.step().apply, "a realised one stays").to.deep.equal([]);
  });

  it("changes Vnics in place where possible, and otherwise deletes them first", () => {
    world.step();
    const { uid: own, ...rest } = world.set.metadata;
    world.set = {
      ...vnicSet({ template: { network: { parent: "eth1" }, mtu: 1400 } as never }),
      metadata: { ...rest, uid: own },
    };
    const inPlace = world.step();
    expect(inPlace.remove).to.deep.equal([]);
    expect(inPlace.apply.map(({ spec }) => spec.mtu)).to.deep.equal([1400, 1400, 1400]);

    world.set = {
      ...world.set,
      spec: {
        ...world.set.spec,
        template: { ...world.set.spec.template, network: { mode: "macvlan", parent: "eth2" } },
      },
    };
    const anew = world.step();
    expect(anew.remove).to.have.length(3);
    expect(anew.apply).to.deep.equal([]);
    expect(world.step().apply, "until they are gone").to.deep.equal([]);
    world.collect();
    expect(world.step().apply.map(({ spec }) => spec.network)).to.deep.equal(
      Array(3).fill({ mode: "macvlan", parent: "eth2" }),
    );
  });

  it("moves Vnics to another range in place", () => {
    world.step();
    world.set = { ...world.set, spec: { ...world.set.spec, addresses: [{ cidr: "10.9.0.0/24" }] } };
    expect(world.step().apply).to.have.length(3);
    expect(world.addresses["db-0"]).to.equal("10.9.0.1/24");
  });

  it("leaves a Vnic alone that has only its label", () => {
    world.pods = [];
    world.vnics = [
      storedVnic({ pod: { namespace: "shop", name: "gone" } }, { labels: { "pulumi-vnic.dev/set": "wires" } }),
    ];
    expect(world.step().remove).to.deep.equal([]);
  });

  it("takes over the Vnics that a set of its name has left, with their addresses", () => {
    world.step();
    world.step();
    const former = world.addresses;
    const [first, ...others] = world.vnics;
    world.vnics = [{ ...first!, metadata: { ...first!.metadata, ownerReferences: [] } }, ...others];
    world.set = { ...world.set, metadata: { ...world.set.metadata, uid: uid(101) } };
    expect(world.step().apply).to.have.length(3);
    expect(world.addresses).to.deep.equal(former);
    const owners = world.vnics.map(({ metadata }) => metadata.ownerReferences);
    expect(owners.flat().map((owner) => (owner as { uid: string }).uid)).to.deep.equal([uid(101), uid(101), uid(101)]);
    expect(world.step()).to.deep.include({ apply: [], remove: [] });
  });

  it("gives a Vnic to one of two pods whose Vnics have the same name, and changes nothing when it is repeated", () => {
    // The hashes of these names begin with the same 40 bits.
    world.pods = [member("ps1n1", 1), member("pi4ge")];
    const [record, ...more] = world.step().apply;
    expect([record?.metadata.name, record?.spec.pod.name, more]).to.deep.equal(["wires-616cbd8edc", "pi4ge", []]);
    const again = world.step();
    expect([...again.apply, ...again.remove]).to.deep.equal([]);
    expect([...again.mistakes.keys()]).to.deep.equal(["ps1n1"]);
    expect(again.mistakes.get("ps1n1")).to.include("pod pi4ge's Vnic is called wires-616cbd8edc, too");
    world.pods.pop();
    expect(world.step().apply, "while the former one is there").to.deep.equal([]);
    world.collect();
    expect(world.step().apply.map(({ spec }) => spec.pod.name)).to.deep.equal(["ps1n1"]);
  });

  it("gives a Vnic its own pod again if somebody gave it another one", () => {
    world.step();
    const [first, second] = world.vnics;
    const edited = { ...first!, spec: { ...first!.spec, pod: { name: second!.spec.pod.name } } };
    world.vnics = world.vnics.map((vnic) => (vnic === first ? edited : vnic));
    for (let turn = 0; turn < 3; turn++, world.collect()) world.step();
    expect(world.vnics.map(({ spec }) => spec.pod.name).sort()).to.deep.equal(["db-0", "db-1", "db-2"]);
    const again = world.step();
    expect([...again.apply, ...again.remove]).to.deep.equal([]);
  });

  it("changes nothing when it is repeated with a label that our own replaces", () => {
    const { template } = world.set.spec;
    const labels = { "app.kubernetes.io/managed-by": "Helm" };
    world.set = { ...world.set, spec: { ...world.set.spec, template: { ...template, labels } } };
    world.step();
    world.realise();
    expect(world.step().apply).to.deep.equal([]);
  });

  it("is deterministic", () => expect(expand(world.world)).to.deep.equal(expand(world.world)));
});
