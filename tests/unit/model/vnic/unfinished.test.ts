import { expect } from "chai";
import { connectionStatus } from "../../../../provider/model/vnic/agent-status.ts";
import { attemptStatus } from "../../../../provider/model/vnic/attempt.ts";
import { reconcilerHolder, writeClaim } from "../../../../provider/model/vnic/claim.ts";
import { annotations } from "../../../../provider/model/names.ts";
import type { StoredVnic } from "../../../../provider/model/vnic/record.ts";
import { failedStatus } from "../../../../provider/model/vnic/status.ts";
import { unfinishedWork } from "../../../../provider/model/vnic/unfinished.ts";
import { attachedState, attachedVnic, liveInterface, storedVnic, uid } from "../../../fakes/objects.ts";

const now = new Date("2026-11-29T12:00:00Z");
const attached = attachedVnic();
const interrupted = "the last attempt to attach it was interrupted";

/** The record with more metadata, and another status. */
function but(metadata: Partial<StoredVnic["metadata"]>, status = attached.status): StoredVnic {
  const notes = { ...attached.metadata.annotations, ...metadata.annotations };
  const changed = { ...attached, metadata: { ...attached.metadata, ...metadata, annotations: notes } };
  return { ...changed, ...(status ? { status } : {}) };
}
const claimedBy = (holder: string, secondsAgo: number) => ({
  annotations: { [annotations.claim]: writeClaim(holder, new Date(now.getTime() - secondsAgo * 1000)) },
});
const createdBy = (holder: string, secondsAgo: number) => ({
  annotations: { [annotations.createdBy]: writeClaim(holder, new Date(now.getTime() - secondsAgo * 1000)) },
});
const underWay = attemptStatus(attached, uid(2), "it is being attached", now);
const failed = failedStatus(attached, { reason: "Refused", message: "eth9: no such parent", attached: true }, now);
const down = { reason: "ParentDown", message: "eth1 is down", attached: true } as const;
const held = JSON.stringify(["eth1 02:00:5e:10:00:01", "eth1 192.168.50.10", "eth1 192.168.50.9"]);

describe("what an attempt has left to do", () => {
  const cases: [when: string, record: StoredVnic, words: string | undefined][] = [
    ["the record says Ready for its generation", attached, undefined],
    ["the attempt was interrupted", but({}, underWay), interrupted],
    ["a claim is left", but(claimedBy("Pulumi on a laptop", 1)), interrupted],
    ["an unreadable claim is left", but({ annotations: { [annotations.claim]: "{" } }), interrupted],
    ["the creator's claim is left before any result", storedVnic({}, createdBy("Pulumi on a laptop", 1)), interrupted],
    ["the creator's claim is left after the first result", but(createdBy("Pulumi on a laptop", 1)), undefined],
    ["the reconciler is creating it", storedVnic({}, createdBy(reconcilerHolder("a"), 20)), undefined],
    ["the reconciler died while creating it", storedVnic({}, createdBy(reconcilerHolder("a"), 61)), interrupted],
    ["the record was changed since", but({ generation: 2 }), "a change of the record was not completed"],
    ["the attempt failed", but({}, failed), "it isn't ready: eth9: no such parent"],
    ["no attempt is recorded", storedVnic(), "the record doesn't show that the NIC was attached"],
    [
      "a former address is held",
      but({ annotations: { [annotations.held]: held } }),
      "the record still holds 192.168.50.9",
    ],
    ["the reconciler is at work", but({ generation: 2, ...claimedBy(reconcilerHolder("a"), 20) }, underWay), undefined],
    ["the reconciler died at work", but(claimedBy(reconcilerHolder("a"), 61)), interrupted],
    ["the node's agent reports the parent", but({}, connectionStatus(attached.status!, down, now)), undefined],
  ];
  for (const [when, record, words] of cases)
    it(`is ${words === undefined ? "nothing" : `"${words}"`} when ${when}`, () =>
      expect(unfinishedWork({ known: attachedState(), record, live: liveInterface() }, now)).to.equal(words));

  it("is to show another MTU, unless that appears as a change of the inputs", () => {
    const live = liveInterface({ mtu: 1450 });
    const known = attachedState();
    expect(unfinishedWork({ known, record: attached, live }, now)).to.equal(
      "the record shows MTU 1500 instead of 1450",
    );
    expect(unfinishedWork({ known: { ...known, mtu: 1500 }, record: attached, live }, now)).to.equal(undefined);
  });
});
