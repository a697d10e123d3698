import { expect } from "chai";
import { systemNamespace } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { installPlatform, removeParts } from "../support/cluster.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

describe("the admission policies", () => {
  const namespace = "policies";
  const bench = useBench({ namespace });

  before(async () => {
    bench.beforeClose(() => removeParts(bench.lab.kubectl, "policies"));
    await installPlatform(bench.lab.kubectl, ["policies"]);
    // A policy takes effect only a moment after it was applied.
    const container = { name: "probe", image: "localhost/another:1" };
    const metadata = { name: "probe", namespace: systemNamespace };
    const probe = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [container] } });
    await until("the policies to take effect", 180, async () => {
      const { stderr } = await bench.lab.kubectl(["create", "--dry-run=server", "-f", "-"], probe);
      return stderr.includes("ValidatingAdmissionPolicy") ? true : undefined;
    });
  });

  it("allow sessions, so that a Vnic is created and answers", async () => {
    await bench.runPod("db", "node1");
    const definition = define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.90/24"] });
    const state = await bench.inject(definition);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.90")).to.equal(true);
    await bench.eject(state);
  });
});
