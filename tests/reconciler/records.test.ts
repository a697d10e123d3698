import { expect } from "chai";
import { apiVersion } from "../../provider/model/names.ts";
import { applyObjects } from "../support/cluster.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { type Bench, openBench } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

describe("the reconciler, for records made by kubectl alone", () => {
  let bench: Bench;
  let reconciler: Reconciler;
  const namespace = "records";

  before(async () => {
    bench = await openBench({ namespace });
    reconciler = await startReconciler(bench.lab);
    await bench.runPod("db", "node1");
  });
  after(async () => {
    await reconciler.stop();
    await bench.close();
    await assertNoLeaks(bench.lab);
  });

  const declare = (name: string, spec: object) =>
    applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name }, spec }]);
  const ready = (name: string, value = "True") =>
    bench.kubectl("wait", `--for=condition=Ready=${value}`, `vnic/${name}`, "--timeout=60s");

  it("puts the NIC into the pod, with a derived MAC and name, and takes it away", async () => {
    await declare("wire", { pod: { name: "db" }, network: { parent: "eth1" }, addresses: ["192.168.50.60/24"] });
    await ready("wire");
    expect(await answersPing(bench.lab, "lan1", "192.168.50.60")).to.equal(true);
    await bench.kubectl("delete", "vnic", "wire", "--timeout=60s");
    expect(await answersPing(bench.lab, "lan1", "192.168.50.60")).to.equal(false);
  });
});
