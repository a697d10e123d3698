import { expect } from "chai";
import {
  connectionStatus,
  leaseStatus,
  type Trouble,
  uniquenessStatus,
  waitsForParent,
} from "../../../../provider/model/vnic/agent-status.ts";
import type { VnicStatus } from "../../../../provider/model/vnic/conditions.ts";
import { attachedStatus, failedStatus } from "../../../../provider/model/vnic/status.ts";
import { containerId, injectResult, lease, liveInterface, storedVnic, uid } from "../../../fakes/objects.ts";

const now = new Date("2026-11-23T08:00:00Z");
const later = new Date("2026-11-23T09:00:00Z");
const at = { uid: uid(2), node: "worker-1", containerId };
const words = ({ conditions }: VnicStatus) =>
  conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

describe("the status of a Vnic with DHCP", () => {
  const bare = liveInterface({ addresses: [] });
  const bound = attachedStatus(storedVnic(), at, injectResult({ lease: lease() }), now);
  const lost = leaseStatus(bound, bare, "the lease has expired", later);

  it("has the lease, and a condition that it is bound", () => {
    expect(bound).to.have.deep.property("lease", lease());
    expect(words(bound)).to.deep.equal(["Ready True Attached", "Attached True Attached", "LeaseBound True Bound"]);
  });

  it("is not Ready without the lease, with the reason, but still Attached", () => {
    expect(lost).not.to.have.property("lease");
    expect(lost).to.have.deep.property("interface", bare);
    expect(words(lost)).to.have.members([
      "Ready False LeaseLost",
      "Attached True Attached",
      "LeaseBound False LeaseLost",
    ]);
    expect(lost.conditions[0]).to.deep.include({
      message: "the lease has expired",
      lastTransitionTime: "2026-11-23T09:00:00.000Z",
    });
  });

  it("is Ready again with the next lease", () =>
    expect(words(leaseStatus(lost, liveInterface(), lease(), later))).to.have.members(words(bound)));

  it("stays unready for any other reason", () => {
    const failed = failedStatus(
      { ...storedVnic(), status: bound },
      { reason: "Refused", message: "", attached: true },
      now,
    );
    expect(words(leaseStatus(failed, liveInterface(), lease(), later))).to.have.members([
      "Ready False Refused",
      "Attached True Attached",
      "LeaseBound True Bound",
    ]);
  });

  it("keeps the time of the last transition through renewals", () => {
    const renewed = leaseStatus(bound, liveInterface(), lease({ expiresAt: "2026-11-23T08:02:00.000Z" }), later);
    expect(renewed.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).to.deep.equal(
      Array(3).fill("2026-11-23T08:00:00.000Z"),
    );
  });
});

describe("the status of a Vnic whose parent has a problem", () => {
  const serving = attachedStatus(storedVnic(), at, injectResult({ lease: lease() }), now);
  const down: Trouble = { reason: "ParentDown", message: "eth1 on the node is down", attached: true };
  const gone: Trouble = { reason: "InterfaceMissing", message: "net1 is gone from pod db-0", attached: false };
  const isDown = connectionStatus(serving, down, later);

  it("has no such condition as long as there was never a problem", () =>
    expect(connectionStatus(serving, undefined, later)).to.equal(serving));

  it("is not Ready, with the reason, but still Attached and with its lease", () => {
    expect(words(isDown)).to.have.members([
      "Ready False ParentDown",
      "Attached True Attached",
      "LeaseBound True Bound",
      "Connected False ParentDown",
    ]);
    expect(isDown.conditions[0]).to.deep.include({ message: down.message, lastTransitionTime: later.toISOString() });
  });

  it("is Ready again when the parent is up", () =>
    expect(words(connectionStatus(isDown, undefined, later))).to.have.members([
      ...words(serving),
      "Connected True ParentUp",
    ]));

  it("is not Attached when the NIC is gone", () =>
    expect(words(connectionStatus(serving, gone, later))).to.include.members([
      "Ready False InterfaceMissing",
      "Attached False InterfaceMissing",
    ]));

  it("has the lease's own condition, and stays unready because of the parent", () => {
    const bare = liveInterface({ addresses: [] });
    const both = leaseStatus(isDown, bare, "the lease has expired", later);
    expect(words(both)).to.include.members(["Ready False ParentDown", "LeaseBound False LeaseLost"]);
    expect(words(connectionStatus(both, undefined, later))).to.include.members([
      "Ready False LeaseLost",
      "Connected True ParentUp",
    ]);
  });

  it("keeps what a driver has written about another failure", () => {
    const failure = { reason: "Refused", message: "", attached: true };
    const failed = failedStatus({ ...storedVnic(), status: isDown }, failure, later);
    expect(words(failed)).to.include.members(["Ready False Refused", "Connected False ParentDown"]);
    expect(words(connectionStatus(failed, undefined, later))).to.include("Ready False Refused");
  });

  it("waits for the parent, but not for a NIC that can be made again", () => {
    expect(isDown.conditions.filter(waitsForParent).map(({ type }) => type)).to.deep.equal(["Ready", "Connected"]);
    expect(connectionStatus(serving, gone, later).conditions.some(waitsForParent)).to.equal(false);
  });
});

describe("the status of a Vnic with an address conflict", () => {
  const serving = attachedStatus(storedVnic(), at, injectResult(), now);
  const rival = { host: "192.168.50.10", mac: "02:00:00:00:00:66" };
  const contested = uniquenessStatus(serving, rival, later);

  it("names the other host, and stays Ready", () => {
    expect(words(contested)).to.have.members([...words(serving), "AddressesUnique False AddressConflict"]);
    expect(contested.conditions.at(-1)?.message).to.match(/^192\.168\.50\.10 is in use .* MAC 02:00:00:00:00:66/);
  });

  it("says when the conflict has ended, and nothing if there was none", () => {
    expect(words(uniquenessStatus(contested, undefined, later))).to.include("AddressesUnique True NoConflict");
    expect(uniquenessStatus(serving, undefined, later)).to.equal(serving);
  });
});
