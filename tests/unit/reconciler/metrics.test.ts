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

  it("count sessions: those that are open, that were opened, with their time, and that couldn't be", async () => {
    const metrics = makeMetrics();
    const pool = { size: 2 };
    metrics.showSessions(pool);
    metrics.sessionOpened(0.7);
    metrics.sessionOpened(12);
    metrics.sessionFailed();
    const lines = async () => (await metrics.render()).split("\n");
    expect(await lines()).to.include.members([
      "vnic_sessions_open 2",
      "vnic_sessions_opened_total 2",
      "vnic_session_failures_total 1",
      'vnic_session_start_seconds_bucket{le="1"} 1',
      "vnic_session_start_seconds_sum 12.7",
      "vnic_session_start_seconds_count 2",
    ]);
    pool.size = 0;
    expect(await lines()).to.include("vnic_sessions_open 0");
  });
});
