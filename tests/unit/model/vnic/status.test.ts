import { expect } from "chai";
import { attachedStatus, failedStatus, statusIncludes } from "../../../../provider/model/vnic/status.ts";
import { association, containerId, injectResult, liveInterface, storedVnic, uid } from "../../../fakes/objects.ts";

const now = new Date("2026-11-23T08:00:00Z");
const later = new Date("2026-11-23T09:00:00Z");
const at = { uid: uid(2), node: "worker-1", containerId };
const attached = (record = storedVnic(), time = now) => attachedStatus(record, at, injectResult(), time);

describe("the status of a Vnic that is in its pod", () => {
  const status = attached(storedVnic({}, { generation: 3 }));
  const so = {
    status: "True",
    reason: "Attached",
    message: "net1 is up in pod db-0 on node worker-1",
    lastTransitionTime: "2026-11-23T08:00:00.000Z",
    observedGeneration: 3,
  };

  it("says so, and where it is", () =>
    expect(status).to.deep.equal({
      observedGeneration: 3,
      recordUid: uid(1),
      node: "worker-1",
      pod: { name: "db-0", uid: uid(2), sandboxId: association().sandboxId, containerId },
      interface: liveInterface(),
      conditions: [
        { type: "Ready", ...so },
        { type: "Attached", ...so },
      ],
    }));

  it("keeps the time of the last transition", () => {
    const again = attached({ ...storedVnic(), status }, later);
    expect(again.conditions[0]).to.deep.include({ lastTransitionTime: so.lastTransitionTime, observedGeneration: 1 });
  });
});

describe("the status of a Vnic with a failure", () => {
  const failed = { reason: "Refused", message: "no such parent" };

  it("has no place when the Vnic is in no pod", () => {
    const status = failedStatus({ ...storedVnic(), status: attached() }, { ...failed, attached: false }, later);
    expect(status).to.not.have.any.keys("node", "pod", "interface");
    expect(status.conditions.map(({ type, status, reason }) => [type, status, reason])).to.deep.equal([
      ["Ready", "False", "Refused"],
      ["Attached", "False", "Refused"],
    ]);
    expect(status.conditions[0]?.lastTransitionTime).to.equal(later.toISOString());
  });

  it("keeps the place when the NIC is still in the pod", () => {
    const status = failedStatus({ ...storedVnic(), status: attached() }, { ...failed, attached: true }, later);
    expect(status).to.deep.include({ node: "worker-1", interface: liveInterface() });
    expect(status.conditions.map(({ type, status }) => [type, status])).to.deep.equal([
      ["Ready", "False"],
      ["Attached", "True"],
    ]);
  });

  it("counts as written, in whatever order the server returns it", () => {
    const record = storedVnic();
    const status = failedStatus(record, { ...failed, attached: false }, now);
    expect(statusIncludes(record, status)).to.equal(false);
    const stored = { ...record, status: { ...status, conditions: [...status.conditions].reverse() } };
    expect(statusIncludes(stored, failedStatus(stored, { ...failed, attached: false }, later))).to.equal(true);
    expect(
      statusIncludes(stored, failedStatus(stored, { ...failed, message: "else", attached: false }, later)),
    ).to.equal(false);
  });
});
