import { expect } from "chai";
import { annotations, apiVersion } from "../../provider/model/names.ts";
import { appPod } from "../lab/index.ts";
import { until } from "../lab/run.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import type { LinkRow } from "../support/kernel/machine.ts";
import { podNetns } from "../support/pod-netns.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

describe("the reconciler, for records made only with kubectl", () => {
  let reconciler: Reconciler;
  const namespace = "records";
  const bench = useBench({ namespace });

  before(async () => {
    reconciler = await startReconciler(bench.lab);
    bench.beforeClose(() => reconciler.stop());
    await bench.runPod("db", "node1");
  });

  const declare = (name: string, spec: object) =>
    applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name }, spec }]);
  const ready = (name: string, value = "True") =>
    bench.kubectl("wait", `--for=condition=Ready=${value}`, `vnic/${name}`, "--timeout=120s");

  it("puts the NIC into the pod, with a derived MAC and name, and removes it", async () => {
    await declare("wire", { pod: { name: "db" }, network: { parent: "eth1" }, addresses: ["192.168.50.60/24"] });
    await ready("wire");
    expect(await answersPing(bench.lab, "lan1", "192.168.50.60")).to.equal(true);
    await bench.kubectl("delete", "vnic", "wire", "--timeout=120s");
    expect(await answersPing(bench.lab, "lan1", "192.168.50.60")).to.equal(false);
  });

  it("waits for the pod's end when a Vnic with waitForPod is deleted", async () => {
    const host = "192.168.50.64";
    await bench.runPod("going", "node3");
    await declare("late", {
      ...{ pod: { name: "going" }, network: { parent: "eth1" }, addresses: [`${host}/24`] },
      deletionPolicy: "waitForPod",
    });
    await ready("late");
    await bench.kubectl("delete", "vnic", "late", "--wait=false");
    await bench.kubectl(
      "wait",
      `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=WaitingForPod`,
      "vnic/late",
      "--timeout=120s",
    );
    expect(await answersPing(bench.lab, "lan1", host)).to.equal(true);
    await bench.kubectl("delete", "pod", "going", "--wait=true");
    await bench.kubectl("wait", "--for=delete", "vnic/late", "--timeout=50s");
  });

  it("lets a namespace be deleted together with its pods, Vnics and VnicSets, whatever they are annotated with", async () => {
    const gone = "records-gone";
    const here = { namespace: gone };
    const { kubectl: any } = bench.lab;
    const inGone = (...argv: string[]) => kubectl(any, ["-n", gone, ...argv]);
    const claim = JSON.stringify({ holder: "somebody else", renewed: new Date().toISOString() });
    const vnic = (name: string, host: number, metadata: object = {}) => ({
      ...{ apiVersion, kind: "Vnic", metadata: { name, ...here, ...metadata } },
      spec: {
        pod: { name: "db" },
        network: { parent: "eth1" },
        interfaceName: name,
        addresses: [`192.168.50.${host}/24`],
      },
    });
    const pod = appPod({ ...here, name: "db", node: "node1" }) as { readonly metadata: object };
    const addresses = [{ cidr: "192.168.50.0/24", from: "192.168.50.68", to: "192.168.50.68" }];
    await kubectl(any, ["create", "namespace", gone]);
    await inGone("wait", "--for=create", "serviceaccount/default", "--timeout=120s");
    await applyObjects(any, [
      { ...pod, metadata: { ...pod.metadata, labels: { app: "db" } } },
      vnic("one", 66),
      vnic("two", 67),
      {
        ...{ apiVersion, kind: "VnicSet", metadata: { name: "set", ...here } },
        spec: { selector: { app: "db" }, addresses, template: { network: { parent: "eth1" }, interfaceName: "set0" } },
      },
    ]);
    const answers = (host: number) => answersPing(bench.lab, "lan1", `192.168.50.${host}`);
    const all = [66, 67, 68];
    for (const host of all) await until(`an answer of ${host}`, 120, async () => (await answers(host)) || undefined);
    await inGone(
      "annotate",
      "vnic",
      "two",
      `${annotations.claim}=${claim}`,
      `${annotations.node}=node9`,
      "--overwrite",
    );
    await kubectl(any, ["delete", "namespace", gone, "--timeout=300s"]);
    for (const host of all) expect(await answers(host)).to.equal(false);
    const held = "jsonpath={range .items[*]}{.spec.holder.namespace} {end}";
    expect(await kubectl(any, ["get", "vnicaddresses", "-o", held])).not.to.contain(gone);
  });

  it("reports a failure at the record and at the pod once, however often it tries", async () => {
    await declare("lost", { pod: { name: "db" }, network: { parent: "eth9" }, addresses: ["192.168.50.65/24"] });
    await ready("lost", "False");
    const tries = async () =>
      (await reconciler.logs()).filter((line) => line.includes('"records/lost"') && line.includes("eth9")).length;
    await until("a third try", 120, async () => ((await tries()) >= 3 ? true : undefined));
    const events = await bench.kubectl(
      ...["get", "events", "--field-selector=reason=FailedAddingInterface"],
      ...["-o", "jsonpath={range .items[*]}{.involvedObject.kind} {end}"],
    );
    expect(events.trim().split(" ").sort()).to.deep.equal(["Pod", "Vnic"]);
    await bench.kubectl("delete", "vnic", "lost", "--timeout=120s");
  });

  it("keeps the NIC when a record is edited to a name that is taken, and renames it when the name is free", async () => {
    const host = "192.168.50.66";
    const spec = { pod: { name: "db" }, network: { parent: "eth1" }, addresses: [`${host}/24`] };
    await declare("named", { ...spec, interfaceName: "lan0" });
    await ready("named");
    const netns = await podNetns(bench, "db", "node1");
    const inPod = (...argv: string[]) => bench.lab.exec("node1", ["nsenter", `--net=${netns}`, "--", ...argv]);
    await inPod("ip", "link", "add", "made0", "type", "bridge");

    await declare("named", { ...spec, interfaceName: "made0", network: { parent: "eth1", mode: "macvlan-private" } });
    await ready("named", "False");
    const message = `jsonpath={.status.conditions[?(@.type=="Ready")].message}`;
    await until("the refusal", 120, async () =>
      (await bench.kubectl("get", "vnic", "named", "-o", message)).includes('"made0" already') ? true : undefined,
    );
    expect(await answersPing(bench.lab, "lan1", host)).to.equal(true);
    const [{ ifindex } = { ifindex: 0 }] = JSON.parse(
      (await inPod("ip", "-j", "link", "show", "lan0")).stdout,
    ) as LinkRow[];

    await declare("named", { ...spec, interfaceName: "lan9" });
    await ready("named");
    const [renamed] = JSON.parse((await inPod("ip", "-j", "link", "show", "lan9")).stdout) as LinkRow[];
    expect(renamed?.ifindex).to.equal(ifindex);
    expect(await answersPing(bench.lab, "lan1", host)).to.equal(true);
    await inPod("ip", "link", "del", "made0");
    await bench.kubectl("delete", "vnic", "named", "--timeout=120s");
  });
});
