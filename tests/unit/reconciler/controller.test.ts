import { expect } from "chai";
import { networkStatusAnnotation } from "../../../provider/model/kubernetes/network-status.ts";
import { addressRecord } from "../../../provider/model/address/address.ts";
import { annotations, finalizer } from "../../../provider/model/names.ts";
import { networkRecordOf } from "../../../provider/model/network/record.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { reconcileVnic } from "../../../provider/reconciler/controller.ts";
import type { ReconcilerContext } from "../../../provider/reconciler/task.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import { containerId, definition, node, pod, storedVnic, uid } from "../../fakes/objects.ts";
import { rejection } from "../../fakes/cluster.ts";

const id = "shop/db-wire";

describe("reconciling a Vnic", () => {
  let driver: FakeDriver;
  let context: ReconcilerContext;
  beforeEach(() => {
    driver = fakeDriver();
    context = { ...driver, log: () => undefined, due: new Set(), lost: new Set() };
  });
  afterEach(() => driver.sessions.close());

  const run = () => reconcileVnic(context, id);
  const record = () => driver.cluster.vnics.get(id);
  const verbs = () => driver.cluster.nodeSide.work.map(({ verb }) => verb);
  const ready = () => record()?.status?.conditions.find(({ type }) => type === "Ready");
  /** A record as a user would create it with kubectl. */
  const bare = (given: Partial<StoredVnic["spec"]> = {}): StoredVnic => {
    const { metadata, spec, ...rest } = storedVnic();
    const { finalizers: _, labels: __, annotations: ___, ...bareMetadata } = metadata;
    return { ...rest, metadata: bareMetadata, spec: { ...spec, ...given } };
  };
  const { mac } = definition();
  const held = JSON.stringify([`eth1 ${mac}`, "eth1 192.168.50.10"]);
  const deleted = { deletionTimestamp: "2026-11-23T10:00:00Z" };

  it("realises a Vnic that was just declared on its pod", async () => {
    driver.cluster.store(bare());
    await run();
    expect(verbs()).to.deep.equal(["inject"]);
    expect(record()?.metadata.finalizers).to.deep.equal([finalizer]);
    expect(record()?.metadata.annotations).to.deep.equal({
      [annotations.node]: "worker-1",
      [annotations.podUid]: uid(2),
      [annotations.held]: held,
    });
    expect(driver.cluster.holders).to.deep.equal({ [`eth1 ${mac}`]: id, "eth1 192.168.50.10": id });
    expect(ready()).to.include({ status: "True", reason: "Attached" });
  });

  it("does nothing for an attached Vnic, and observes it when it is due", async () => {
    driver.cluster.store(bare());
    await run();
    const { writes } = driver.cluster;
    await run();
    expect(verbs()).to.deep.equal(["inject"]);
    context.due.add(id);
    await run();
    expect(verbs()).to.deep.equal(["inject", "observe"]);
    expect(driver.cluster.writes).to.deep.equal(writes);
  });

  it("repairs a difference that it finds when the Vnic is due", async () => {
    driver.cluster.store(bare());
    await run();
    context.due.add(id);
    driver.cluster.nodeSide.observe = () => ({ sandboxId: "5a".repeat(32), resourceFile: true });
    await run();
    expect(verbs()).to.deep.equal(["inject", "observe", "inject"]);
  });

  const lan = (more: object = {}) =>
    networkRecordOf({ name: "lan", mode: "macvlan", parent: "eth1", freeMacs: true, ...more });

  const heldBehind = (...segments: string[]) =>
    Object.fromEntries(segments.flatMap((segment) => [mac, "192.168.50.10"].map((one) => [`${segment} ${one}`, id])));
  const another = { parents: [{ nodes: { rack: "b" }, parent: "eth5" }] };
  for (const [what, change, segments] of [
    ["another parent that its network has got", another, ["eth1", "eth5"]],
    ["the only parent that its network has by now, and where its NIC still is", { parent: "eth7" }, ["eth1", "eth7"]],
  ] as const)
    it(`holds its addresses behind ${what}, when the Vnic is due, and nothing is done in its pod`, async () => {
      await driver.cluster.applyNetwork(lan(), { force: true });
      driver.cluster.store(bare({ network: { name: "lan" } }));
      await run();
      await driver.cluster.applyNetwork(lan(change), { force: true });
      for (let turn = 0; turn < 2; turn++) {
        context.due.add(id);
        await run();
      }
      expect(verbs()).to.deep.equal(["inject", "observe", "observe"]);
      expect(driver.cluster.holders).to.deep.equal(heldBehind(...segments));
      expect(ready()).to.include({ status: "True" });
      expect(record()?.metadata.annotations).to.not.have.property(annotations.claim);

      driver.cluster.store({ ...record()!, metadata: { ...record()!.metadata, ...deleted } });
      await run();
      expect(driver.cluster.holders).to.deep.equal({});
    });

  it("says who holds its address behind another parent of its network, and changes nothing then", async () => {
    await driver.cluster.applyNetwork(lan(), { force: true });
    driver.cluster.store(bare({ network: { name: "lan" } }));
    await run();
    const before = record()?.metadata.annotations;
    const { metadata, ...rest } = storedVnic({}, { uid: uid(9) });
    driver.cluster.store({ ...rest, metadata: { ...metadata, name: "rival" } });
    const held = addressRecord(
      { segment: "eth5", value: "192.168.50.10", property: "" },
      { namespace: "shop", name: "rival", uid: uid(9) },
    );
    await driver.cluster.createAddress(held);
    await driver.cluster.applyNetwork(lan(another), { force: true });
    context.due.add(id);
    expect((await rejection(run())).message).to.match(/192[.]168[.]50[.]10 is held by Vnic shop\/rival .* eth5/);
    expect(record()?.metadata.annotations).to.deep.equal(before);
    expect(driver.cluster.holders).to.deep.equal({ ...heldBehind("eth1"), "eth5 192.168.50.10": "shop/rival" });
    expect(ready()).to.include({ status: "False", reason: "HeldByOther" });
    expect(verbs()).to.deep.equal(["inject"]);
  });

  it("leaves an attached Vnic alone whose network isn't for its namespace any more", async () => {
    await driver.cluster.applyNetwork(lan(), { force: true });
    driver.cluster.store(bare({ network: { name: "lan" } }));
    await run();
    await driver.cluster.applyNetwork(lan({ namespaces: ["bank"], parent: "eth5" }), { force: true });
    context.due.add(id);
    await run();
    expect(verbs()).to.deep.equal(["inject", "observe"]);
    expect(ready()).to.include({ status: "True" });
  });

  it("injects again when the container that identifies the sandbox has ended", async () => {
    driver.cluster.store(bare());
    await run();
    const other = { name: "redis", containerID: `containerd://${"d1".repeat(32)}`, state: { running: {} } };
    driver.cluster.pods.set("shop/db-0", pod({ status: { phase: "Running", containerStatuses: [other] } }));
    await run();
    expect(verbs()).to.deep.equal(["inject", "inject"]);
    expect(record()?.status?.pod?.containerId).to.equal(other.containerID);
  });

  it("leaves the Vnic alone while a container restarts, and while the pod terminates", async () => {
    driver.cluster.store(bare());
    await run();
    const waiting = { name: "redis", containerID: containerId, state: { waiting: { reason: "CrashLoopBackOff" } } };
    driver.cluster.pods.set("shop/db-0", pod({ status: { phase: "Running", containerStatuses: [waiting] } }));
    await run();
    const going = pod();
    driver.cluster.pods.set("shop/db-0", { ...going, metadata: { ...going.metadata, deletionTimestamp: "now" } });
    await run();
    expect(verbs()).to.deep.equal(["inject"]);
    expect(ready()).to.include({ status: "True" });
  });

  it("lists a Vnic again in its pod's annotation after another program has replaced it, without a session", async () => {
    const { cluster } = driver;
    cluster.attachmentDefinitions.set("shop/lan", {
      metadata: { namespace: "shop", name: "lan", annotations: { [annotations.networkStatus]: "true" } },
      spec: { config: JSON.stringify({ type: "macvlan", master: "eth1" }) },
    });
    cluster.store(bare({ network: { networkAttachmentDefinition: "shop/lan" } }));
    await run();
    const text = () => cluster.pods.get("shop/db-0")?.metadata?.annotations?.[networkStatusAnnotation] ?? "[]";
    const listed = JSON.parse(text()) as unknown[];
    expect(listed).to.have.length(1);
    const others = { name: "cbr0", interface: "eth0", default: true };
    const there = cluster.pods.get("shop/db-0") ?? pod();
    const replaced = { [networkStatusAnnotation]: JSON.stringify([others]) };
    cluster.pods.set("shop/db-0", { ...there, metadata: { ...there.metadata, annotations: replaced } });
    await run();
    expect(JSON.parse(text())).to.deep.equal([others, ...listed]);
    expect(verbs()).to.deep.equal(["inject"]);
  });

  it("cleans up after a terminated pod, and then follows the pod's name to a new pod", async () => {
    driver.cluster.store(bare());
    await run();
    driver.cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
    driver.cluster.calls.length = 0;
    expect(await run()).to.deep.equal({});
    expect(verbs()).to.deep.equal(["inject", "eject", "inject"]);
    const requests = driver.cluster.calls.filter((call) => /^(find(?!Job|N)|change|apply|swap|createA)/.test(call));
    expect(requests.map((call) => call.replace(/^(findAddress) .*/, "$1"))).to.deep.equal([
      `findVnic ${id}`,
      "findPod shop/db-0",
      `applyVnicStatus ${id}`,
      // The claim; the end of the association and of the claim.
      `changeVnic ${id}`,
      `changeVnic ${id}`,
      "findPod shop/db-0",
      // The claim with the new association, and the addresses that it has already.
      `changeVnic ${id}`,
      "findAddress",
      "findAddress",
      `applyVnicStatus ${id}`,
      `swapVnicAnnotation ${id}`,
    ]);
    expect(record()?.metadata.annotations).to.deep.equal({
      [annotations.node]: "worker-2",
      [annotations.podUid]: uid(3),
      [annotations.held]: held,
    });
    expect(ready()).to.include({ status: "True", reason: "Attached" });
  });

  it("says once that the pod is gone, and follows the pod's name when there is a new pod", async () => {
    driver.cluster.store(bare());
    await run();
    driver.cluster.pods.clear();
    driver.cluster.calls.length = 0;
    await run();
    expect(driver.cluster.writes).to.deep.equal([`applyVnicStatus ${id}`]);
    expect(ready()).to.include({ status: "False", reason: "PodNotFound" });
    expect(record()?.metadata.annotations).to.deep.equal({ [annotations.held]: held });
    await run();
    expect(verbs()).to.deep.equal(["inject", "eject"]);
    driver.cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
    await run();
    expect(verbs()).to.deep.equal(["inject", "eject", "inject"]);
    expect(ready()).to.include({ status: "True" });
  });

  it("names no place for a Vnic that can't follow its pod, because it can't have its address any more", async () => {
    driver.cluster.store(bare());
    await run();
    driver.cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
    // Another Vnic has the address, as after a deletion of the claim by hand.
    for (const [name, address] of driver.cluster.addresses)
      driver.cluster.addresses.set(name, {
        ...address,
        spec: { ...address.spec, holder: { namespace: "shop", name: "other", uid: uid(7) } },
      });
    driver.cluster.store(storedVnic({ name: "other" }, { uid: uid(7), annotations: {}, labels: {} }));
    expect(await rejection(run())).to.have.property("kind", "conflict");
    expect(verbs()).to.deep.equal(["inject", "eject"]);
    expect(record()?.metadata.annotations).to.deep.equal({ [annotations.held]: held });
    expect(ready()).to.include({ status: "False", reason: "HeldByOther" });
  });

  it("leaves another driver's place and claim alone when its own claim has expired meanwhile", async () => {
    driver.cluster.store(bare());
    await run();
    driver.cluster.pods.clear();
    const theirs = JSON.stringify({ holder: "Pulumi on a laptop", renewed: new Date() });
    const { eject } = driver.cluster.nodeSide;
    driver.cluster.nodeSide.eject = (request) => {
      const { metadata, ...rest } = record()!;
      const notes = { ...metadata.annotations, [annotations.claim]: theirs };
      driver.cluster.store({ ...rest, metadata: { ...metadata, annotations: notes, resourceVersion: "1000" } });
      return eject.call(driver.cluster.nodeSide, request);
    };
    await run();
    expect(record()?.metadata.annotations).to.deep.equal({ [annotations.held]: held, [annotations.claim]: theirs });
  });

  it("doesn't inject into a second pod while the first one's node isn't ready", async () => {
    driver.cluster.store(bare());
    await run();
    driver.cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
    driver.cluster.nodes.set("worker-1", node({ ready: false }));
    // A node that still answers in an open session is there, whatever its status says.
    await driver.sessions.close();
    await rejection(run());
    expect(verbs()).to.deep.equal(["inject"]);
    expect(ready()).to.include({ status: "False", reason: "Refused" });
    driver.cluster.nodes.delete("worker-1");
    await run();
    expect(verbs()).to.deep.equal(["inject", "inject"]);
    expect(ready()).to.include({ status: "True" });
  });

  it("reports what is missing while the pod isn't running", async () => {
    driver.cluster.store(bare());
    driver.cluster.pods.clear();
    await run();
    expect(ready()).to.include({ status: "False", reason: "PodNotFound" });
    driver.cluster.pods.set("shop/db-0", pod({ hostNetwork: true }));
    await run();
    expect(ready()).to.include({ status: "False", reason: "PodUsesHostNetwork" });
    expect(verbs()).to.deep.equal([]);
  });

  it("reports a problem once, not at each attempt", async () => {
    driver.cluster.store(bare({ addresses: ["192.168.50.300/24"] }));
    await rejection(run());
    await rejection(run());
    expect(ready()).to.include({ status: "False", reason: "InvalidDefinition" });
    expect(driver.cluster.events.map(({ reason, involvedObject }) => [reason, involvedObject.kind])).to.deep.equal([
      ["FailedAddingInterface", "Vnic"],
      ["FailedAddingInterface", "Pod"],
    ]);
    expect(driver.cluster.writes).to.deep.equal([`applyVnicStatus ${id}`]);
  });

  it("restores the annotation of held addresses after anyone has removed or added entries", async () => {
    driver.cluster.store(bare());
    await run();
    for (const forged of [[], ["eth1 192.168.50.10", "eth1 192.168.50.99"]]) {
      const now = record()!;
      const notes = { ...now.metadata.annotations, [annotations.held]: JSON.stringify(forged) };
      driver.cluster.store({ ...now, metadata: { ...now.metadata, annotations: notes } });
      await run();
      expect(record()?.metadata.annotations).to.include({ [annotations.held]: held });
    }
    expect(verbs()).to.deep.equal(["inject", "inject", "inject"]);
  });

  it("gives an address to the first Vnic, and names its holder to the other", async () => {
    driver.cluster.store(bare());
    const other = storedVnic({ name: "other", mac: "02:00:00:00:00:99" }, { uid: uid(7), annotations: {}, labels: {} });
    driver.cluster.store(other);
    await run();
    const error = await rejection(reconcileVnic(context, "shop/other"));
    expect(error.message).to.match(/^addresses\[0\]: 192.168.50.10 is held by Vnic shop\/db-wire/);
    const loser = () => driver.cluster.vnics.get("shop/other");
    expect(loser()?.status?.conditions[0]).to.include({ type: "Ready", status: "False", reason: "HeldByOther" });
    expect(driver.cluster.holders).to.deep.equal({ [`eth1 ${mac}`]: id, "eth1 192.168.50.10": id });

    // A Vnic that was refused doesn't make claims that would wake other waiting Vnics.
    driver.cluster.calls.length = 0;
    await rejection(reconcileVnic(context, "shop/other"));
    expect(driver.cluster.calls.filter((call) => call.startsWith("createAddress"))).to.deep.equal([]);

    // The winner's pod is recreated.
    driver.cluster.pods.set("shop/db-0", pod({ uid: uid(3), node: "worker-2" }));
    await rejection(reconcileVnic(context, "shop/other"));
    await run();
    await rejection(reconcileVnic(context, "shop/other"));
    expect(ready()).to.include({ status: "True" });
    expect(driver.cluster.nodeSide.work.map((request) => "plan" in request && request.plan.vnic.name)).to.deep.equal([
      "db-wire",
      "db-wire",
      "db-wire",
    ]);

    // The deletion of the winner releases its address, which goes to the other Vnic.
    const { metadata, ...rest } = record()!;
    driver.cluster.store({ ...rest, metadata: { ...metadata, ...deleted } });
    await run();
    await reconcileVnic(context, "shop/other");
    expect(driver.cluster.holders).to.deep.equal({
      "eth1 02:00:00:00:00:99": "shop/other",
      "eth1 192.168.50.10": "shop/other",
    });
  });

  it("frees an address that was dropped from the spec for a waiting Vnic", async () => {
    driver.cluster.store(bare());
    const waiter = storedVnic(
      { name: "other", mac: "02:00:00:00:00:99" },
      { uid: uid(7), annotations: {}, labels: {} },
    );
    driver.cluster.store(waiter);
    await run();
    await rejection(reconcileVnic(context, "shop/other"));
    const { metadata, spec, ...rest } = record()!;
    const changed = { ...spec, addresses: ["192.168.50.11/24"] };
    driver.cluster.store({ ...rest, spec: changed, metadata: { ...metadata, generation: 2 } });
    await run();
    await reconcileVnic(context, "shop/other");
    expect(driver.cluster.holders).to.include({ "eth1 192.168.50.10": "shop/other", "eth1 192.168.50.11": id });
  });

  it("holds no address for a Vnic that the node refused before it began", async () => {
    driver.cluster.nodeSide.inject = () => {
      throw new VnicError("refused", "network.parent: there is no interface");
    };
    driver.cluster.store(bare());
    await rejection(run());
    expect(driver.cluster.holders).to.deep.equal({});
  });

  it("doesn't write over a spec that was changed in the meantime", async () => {
    driver.cluster.store(bare());
    driver.cluster.before("changeVnic", () => {
      const [now] = [...driver.cluster.vnics.values()];
      if (now) driver.cluster.store({ ...now, metadata: { ...now.metadata, generation: 2, resourceVersion: "99" } });
    });
    expect(await rejection(run())).to.have.property("kind", "outdated");
    expect(driver.cluster.writes).to.deep.equal([]);
  });

  it("doesn't recreate a record that was deleted in the meantime", async () => {
    driver.cluster.store(bare());
    driver.cluster.before("changeVnic", () => driver.cluster.vnics.clear());
    expect(await rejection(run())).to.have.property("kind", "outdated");
    expect(record()).to.equal(undefined);
    expect(driver.cluster.holders).to.deep.equal({});
  });

  it("leaves the Vnic to another driver that holds its claim", async () => {
    const claim = JSON.stringify({ holder: "Pulumi on a laptop", renewed: new Date() });
    driver.cluster.store(storedVnic({}, { annotations: { [annotations.claim]: claim } }));
    expect(await run()).to.deep.equal({ againInSeconds: 5 });
    expect(driver.cluster.calls).to.deep.equal([`findVnic ${id}`]);
  });

  describe("that is being deleted", () => {
    it("ejects it from a running pod by default", async () => {
      driver.cluster.store(storedVnic({}, deleted));
      await run();
      expect(verbs()).to.deep.equal(["eject"]);
      expect(record()).to.equal(undefined);
    });

    it("waits for the pod's end when the deletion policy is waitForPod", async () => {
      driver.cluster.store(storedVnic({ deletionPolicy: "waitForPod" }, deleted));
      expect(await run()).to.deep.equal({ againInSeconds: 60 });
      expect(verbs()).to.deep.equal([]);
      expect(ready()).to.include({ reason: "WaitingForPod" });
      driver.cluster.pods.clear();
      await run();
      expect(verbs()).to.deep.equal(["eject"]);
      expect(record()).to.equal(undefined);
    });

    it("removes the finalizer at once when it was never realised, or its node is gone for good", async () => {
      driver.cluster.store(storedVnic({}, { ...deleted, annotations: {} }));
      await run();
      expect(record()).to.equal(undefined);
      driver.cluster.store(storedVnic({}, deleted));
      driver.cluster.nodes.clear();
      await run();
      expect(record()).to.equal(undefined);
      expect(verbs()).to.deep.equal([]);
    });

    it("keeps the finalizer while its node isn't ready", async () => {
      driver.cluster.store(storedVnic({}, deleted));
      driver.cluster.nodes.set("worker-1", node({ ready: false }));
      await rejection(run());
      expect(record()?.metadata.finalizers).to.deep.equal([finalizer]);
      expect(driver.cluster.events[0]).to.include({ reason: "FailedRemovingInterface", type: "Warning" });
    });

    it("does nothing when our finalizer is already gone", async () => {
      driver.cluster.store(storedVnic({}, { ...deleted, finalizers: ["somebody.else/x"] }));
      await run();
      expect(verbs()).to.deep.equal([]);
    });
  });

  it("writes nothing about a server that doesn't answer", async () => {
    driver.cluster.store(bare());
    driver.cluster.failNext("findNode", new VnicError("unreachable", "x"));
    driver.cluster.failNext("changeVnic", new VnicError("unreachable", "no answer"));
    await rejection(run());
    expect(driver.cluster.writes).to.deep.equal([]);
  });
});
