import { expect } from "chai";
import { apiVersion } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { applyObjects } from "../support/cluster.ts";
import { askKstatus } from "../support/kapply.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";
import { useBench } from "../support/use-bench.ts";

/* What `helm --wait`, Flux and kapply see of a Vnic. The reconciler is away while a status in between is looked at. */
describe("kstatus of a Vnic on a lab", () => {
  let reconciler: Reconciler;
  const namespace = "kstatus";
  const bench = useBench({ namespace });
  const [former, edited] = ["192.168.50.75", "192.168.50.76"];

  const start = async () => (reconciler = await startReconciler(bench.lab));
  before(async () => {
    await start();
    bench.beforeClose(() => reconciler.stop());
  });

  const declare = (host: string) =>
    applyObjects(bench.lab.kubectl, [
      {
        ...{ apiVersion, kind: "Vnic", metadata: { namespace, name: "wire" } },
        spec: { pod: { name: "late" }, network: { parent: "eth1" }, addresses: [`${host}/24`] },
      },
    ]);
  const kstatus = () => askKstatus(bench.lab, "Vnic", { namespace, name: "wire" });
  const becomes = (status: string) =>
    until(`kstatus to say ${status}`, 120, async () => ((await kstatus()) === status ? true : undefined));
  const answers = (host: string) => answersPing(bench.lab, "lan1", host);

  it("is in progress until its pod runs, and current when the NIC answers", async () => {
    await declare(former);
    const waits = '--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=PodNotFound';
    await bench.kubectl("wait", waits, "vnic/wire", "--timeout=120s");
    expect(await kstatus()).to.equal("InProgress");
    await bench.runPod("late", "node3");
    await becomes("Current");
    expect(await answers(former)).to.equal(true);
  });

  it("is in progress after an edit until the NIC is as edited", async () => {
    await reconciler.stop();
    await declare(edited);
    expect(await kstatus()).to.equal("InProgress");
    expect([await answers(former), await answers(edited)]).to.deep.equal([true, false]);
    await start();
    await becomes("Current");
    expect([await answers(former), await answers(edited)]).to.deep.equal([false, true]);
  });

  it("is terminating until the NIC is gone", async () => {
    await reconciler.stop();
    await bench.kubectl("delete", "vnic", "wire", "--wait=false");
    expect(await kstatus()).to.equal("Terminating");
    expect(await answers(edited)).to.equal(true);
    await start();
    await becomes("NotFound");
    expect(await answers(edited)).to.equal(false);
  });
});
