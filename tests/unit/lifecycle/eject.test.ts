import { expect } from "chai";
import { Deadline } from "../../../provider/lifecycle/deadline.ts";
import { eject, type KnownVnic } from "../../../provider/lifecycle/eject.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { annotations, finalizer } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { rejection } from "../../fakes/cluster.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import { addressRecord, wantedAddressesOf } from "../../../provider/model/address/address.ts";
import { readHeld } from "../../../provider/model/address/held.ts";
import { claimAddresses } from "../../../provider/lifecycle/address/claim-addresses.ts";
import { containerId, definition, node, pod, storedVnic, uid, urn } from "../../fakes/objects.ts";

const ref = { namespace: "shop", name: "db-wire" };
const vnic = { ...ref, uid: uid(1) };
const runningPod = { namespace: "shop", name: "db-0", uid: uid(2), containerId };

describe("eject", () => {
  let driver: FakeDriver;
  beforeEach(() => {
    driver = fakeDriver();
    driver.cluster.store(storedVnic());
  });
  afterEach(() => driver.sessions.close());

  const run = (remembered: KnownVnic = { uid: uid(1), node: "worker-1", podName: "db-0" }) =>
    eject(driver, ref, remembered, new Deadline("ejecting", 120));
  const record = () => driver.cluster.vnics.get("shop/db-wire");
  const plans = () => driver.cluster.nodeSide.work.map((request) => ("plan" in request ? request.plan : undefined));

  it("marks the record, cleans the node, and only then removes the finalizer", async () => {
    await run();
    expect(driver.cluster.writes).to.deep.equal([
      "deleteVnic shop/db-wire",
      "createJob worker-1",
      "releaseVnic shop/db-wire",
    ]);
    expect(plans()).to.deep.equal([{ vnic }]);
    expect(record()).to.equal(undefined);
  });

  it("frees its own addresses once the node is clean, and no addresses of other Vnics", async () => {
    const { cluster } = driver;
    const own = storedVnic();
    await claimAddresses(cluster, wantedAddressesOf(definition(), ["eth1"]), own.metadata);
    const stranger = { namespace: "shop", name: "other", uid: uid(7) };
    await cluster.createAddress(addressRecord({ segment: "eth1", value: "192.168.50.99", property: "" }, stranger));
    const forged = JSON.stringify([
      ...readHeld(own.metadata).map(({ value }) => `eth1 ${value}`),
      "eth1 192.168.50.99",
    ]);
    cluster.store(storedVnic({}, { annotations: { ...own.metadata.annotations, [annotations.held]: forged } }));
    cluster.nodeSide.eject = () => {
      expect(Object.keys(cluster.holders)).to.have.length(3);
      return { removed: true, resourceFile: true, steps: [] };
    };
    await run();
    expect(cluster.holders).to.deep.equal({ "eth1 192.168.50.99": "shop/other" });
  });

  const podGone: [when: string, arrange: (driver: FakeDriver) => void][] = [
    ["has gone", ({ cluster }) => cluster.pods.clear()],
    ["has terminated", ({ cluster }) => cluster.pods.set("shop/db-0", pod({ status: { phase: "Failed" } }))],
    [
      "runs on another node by now",
      ({ cluster }) => cluster.pods.set("shop/db-0", pod({ node: "worker-2", uid: uid(9) })),
    ],
  ];
  const withoutFile = () => {
    driver.cluster.nodeSide.eject = () => ({ removed: false, resourceFile: false, steps: [] });
  };

  it("looks into the pod as well when the node has no resource file", async () => {
    withoutFile();
    await run();
    expect(plans()).to.deep.equal([{ vnic }, { vnic, pod: runningPod }]);
    expect(record()).to.equal(undefined);
  });

  for (const [when, arrange] of podGone)
    it(`cleans a node that has no resource file without looking into the pod when it ${when}`, async () => {
      withoutFile();
      arrange(driver);
      await run();
      expect(plans()).to.deep.equal([{ vnic }]);
      expect(record()).to.equal(undefined);
    });

  describe("that begins with the record as the state remembers it", () => {
    const owner = urn;
    const remembered = { uid: uid(1), node: "worker-1", podName: "db-0", owner };
    const attached = (change: Partial<StoredVnic["metadata"]> = {}): StoredVnic => ({
      ...storedVnic({}, change),
      status: { node: "worker-1", conditions: [] },
    });

    it("claims it without reading it first", async () => {
      driver.cluster.store(attached());
      await run(remembered);
      expect(driver.cluster.calls[0]).to.equal("claimVnic shop/db-wire");
      expect(driver.cluster.calls).to.not.include("findVnic shop/db-wire");
      expect(record()).to.equal(undefined);
    });

    it("frees the addresses whose claims its status knows, without reading them", async () => {
      const { cluster } = driver;
      const { all } = await claimAddresses(cluster, wantedAddressesOf(definition(), ["eth1"]), storedVnic().metadata);
      const addressClaims = all.map(({ metadata: { name, uid, resourceVersion } }) => ({ name, uid, resourceVersion }));
      const vnic = attached();
      cluster.store({ ...vnic, status: { ...vnic.status!, addressClaims, recordUid: vnic.metadata.uid } });
      await run(remembered);
      expect(cluster.holders).to.deep.equal({});
      expect(cluster.calls.filter((call) => call.startsWith("findAddress"))).to.deep.equal([]);
    });

    it("waits for another driver's claim", async () => {
      const claim = JSON.stringify({ holder: "another driver", renewed: new Date() });
      const { annotations: notes } = storedVnic().metadata;
      driver.cluster.store(attached({ annotations: { ...notes, [annotations.claim]: claim } }));
      driver.cluster.before("findVnic", () => undefined);
      driver.cluster.before("findVnic", () => driver.cluster.store(attached({ resourceVersion: "9" })));
      await run(remembered);
      expect(driver.reports).to.include("waiting for another driver to finish with it");
      expect(record()).to.equal(undefined);
    });

    it("leaves a record alone that another owner has adopted", async () => {
      driver.cluster.store(attached({ annotations: { [annotations.owner]: "urn:pulumi:dev::other" } }));
      const before = record();
      await run(remembered);
      expect(record()).to.equal(before);
      expect(plans()).to.deep.equal([]);
    });

    it("removes the claim when the node fails", async () => {
      driver.cluster.store(attached());
      driver.cluster.nodeSide.eject = () => {
        throw new VnicError("failed", "deleting link: device or resource busy");
      };
      await rejection(run(remembered));
      expect(record()?.metadata.annotations).to.not.have.property(annotations.claim);
    });
  });

  const asked = () => driver.cluster.calls.filter((call) => call === "findNode worker-1").length;

  it("asks for the Node object once to open a session", async () => {
    await run();
    expect(asked()).to.equal(1);
    expect(driver.cluster.jobs.size).to.equal(1);
  });

  it("asks for the Node object only to open a session, and again after it broke", async () => {
    await driver.sessions.use("worker-1", new Deadline("working", 120), async () => undefined);
    const opened = asked();
    await run();
    expect(asked()).to.equal(opened);
    driver.cluster.store(storedVnic());
    driver.cluster.nodeSide.eject = () => {
      driver.cluster.nodes.clear();
      driver.cluster.attachments.at(-1)?.end("the node is gone");
      return { removed: true, resourceFile: true, steps: [] };
    };
    await run();
    expect(record()).to.equal(undefined);
  });

  it("removes the finalizer without a session when the Node object is gone", async () => {
    driver.cluster.nodes.clear();
    await run();
    expect(driver.cluster.jobs.size).to.equal(0);
    expect(record()).to.equal(undefined);
  });

  it("is refused, and keeps the finalizer, while the node isn't ready", async () => {
    driver.cluster.nodes.set("worker-1", node({ ready: false }));
    const error = await rejection(run());
    expect(error).to.deep.include({
      kind: "refused",
      message:
        "node worker-1 isn't ready (Kubelet stopped posting node status.), so Vnic shop/db-wire can't be removed from it; try again when it is, or delete the Node object if it is lost for good",
    });
    expect(record()?.metadata.finalizers).to.deep.equal([finalizer]);
  });

  it("keeps the finalizer when the node fails, and finishes when it is repeated", async () => {
    const { nodeSide } = driver.cluster;
    const whole = nodeSide.eject;
    nodeSide.eject = () => {
      throw new VnicError("failed", "deleting link: device or resource busy");
    };
    expect(await rejection(run())).to.have.property("message", "node worker-1: deleting link: device or resource busy");
    expect(record()?.metadata.finalizers).to.deep.equal([finalizer]);
    nodeSide.eject = whole;
    await run();
    expect(record()).to.equal(undefined);
    expect(
      driver.cluster.calls.filter((call) => call.startsWith("deleteVnic")),
      "marked once",
    ).to.have.length(1);
  });

  it("leaves a record with another UID alone, and still cleans up after its own", async () => {
    driver.cluster.store(storedVnic({}, { uid: uid(5) }));
    const before = record();
    await run();
    expect(record()).to.equal(before);
    expect(driver.cluster.writes).to.deep.equal(["createJob worker-1"]);
    expect(plans()).to.deep.equal([{ vnic }]);
  });

  it("cleans the node in the state when the record is lost", async () => {
    driver.cluster.vnics.clear();
    await run({ uid: uid(1), node: "worker-2" });
    expect(driver.cluster.writes).to.deep.equal(["createJob worker-2"]);
    expect(plans()).to.deep.equal([{ vnic }]);
  });

  it("uses the record's node rather than the state's", async () => {
    await run({ uid: uid(1), node: "worker-2" });
    expect(driver.cluster.writes).to.include("createJob worker-1").and.not.include("createJob worker-2");
  });

  it("does nothing when record and node are unknown", async () => {
    driver.cluster.vnics.clear();
    await run({ uid: uid(1) });
    expect(driver.cluster.writes).to.deep.equal([]);
  });

  it("cleans the node even when our API group is no longer installed", async () => {
    driver.cluster.failNext("findVnic", new VnicError("notInstalled", "the cluster doesn't know it"));
    await run();
    expect(plans()).to.have.length(1);
  });

  it("does nothing when it can't read what exists", async () => {
    driver.cluster.failNext("findVnic", new VnicError("unreachable", "no answer"));
    expect(await rejection(run())).to.have.property("kind", "unreachable");
    expect(driver.cluster.writes).to.deep.equal([]);
  });
});
