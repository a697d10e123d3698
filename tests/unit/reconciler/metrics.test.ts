import { expect } from "chai";
import { attachedStatus, failedStatus } from "../../../provider/model/vnic/status.ts";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";
import { injectResult, containerId, storedVnic, uid } from "../../fakes/objects.ts";
import { FakeVnicRecords } from "../../fakes/vnic-records.ts";

describe("the reconciler's metrics", () => {
  it("count Vnics by state, waiting objects, and reconciliations by outcome", async () => {
    const metrics = makeMetrics();
    const at = { uid: uid(2), node: "worker-1", containerId };
    const attached = attachedStatus(storedVnic(), at, injectResult(), new Date());
    const failed = failedStatus(storedVnic(), { reason: "Refused", message: "x", attached: false }, new Date());
    const vnics = [attached, attached, failed].map((status) => ({ ...storedVnic(), status }));
    metrics.showVnics(new FakeVnicRecords(...vnics), { list: () => [] });
    metrics.showQueue("Vnic", { depth: 7 });
    await metrics.time("Vnic", async () => undefined);
    await metrics.time("Vnic", () => Promise.reject(new Error("no"))).catch(() => undefined);
    const lines = (await metrics.render()).split("\n");
    expect(lines).to.include.members([
      "vnic_attached 2",
      "vnic_failed 1",
      "vnic_leases 0",
      'vnic_reconcile_queue_depth{kind="Vnic"} 7',
      'vnic_reconcile_duration_seconds_count{kind="Vnic",result="done"} 1',
      'vnic_reconcile_duration_seconds_count{kind="Vnic",result="failed"} 1',
    ]);
  });
});
