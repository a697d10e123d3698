import { expect } from "chai";
import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import { applySet } from "../../provider/lifecycle/vnic-set.ts";
import { VnicError } from "../../provider/base/errors.ts";
import { apiVersion } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { parseSetDefinition } from "../../provider/model/vnic-set/definition.ts";
import type { VnicSetState } from "../../provider/model/vnic-set/state.ts";
import { until } from "../lab/run.ts";
import { applyObjects, kubectl, providerKubeconfig } from "../support/cluster.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";
import { workload } from "../support/workloads.ts";

describe("a VnicSet on the lab", () => {
  let reconciler: Reconciler;
  let cluster: Awaited<ReturnType<typeof openCluster>>;
  let withoutReconciler: unknown;
  const namespace = "sets";
  const bench = useBench({ namespace });

  before(async () => {
    cluster = await openCluster({ kubeconfig: await providerKubeconfig(bench.lab.kubectl) });
    withoutReconciler = await apply("early", { selector: { app: "db" } }).catch((error: unknown) => error);
    reconciler = await startReconciler(bench.lab);
    bench.beforeClose(() => reconciler.stop());
    bench.beforeClose(() => bench.kubectl("delete", "vnicsets", "--all", "--timeout=120s"));
  });

  /** Applies a set as the hooks do, which wait for its pods; `shown` collects the progress messages. */
  async function apply(name: string, inputs: object, shown: string[] = []): Promise<VnicSetState> {
    const parsed = parseSetDefinition({
      name,
      namespace,
      template: { network: { parent: "eth1" } },
      addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.30", to: "192.168.50.69" }],
      declaredBy: `urn:test::${name}`,
      ...inputs,
    });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const report = (text: string) => void shown.push(text);
    return applySet({ cluster, report }, parsed.definition, { deadlineSeconds: 600 });
  }

  const declare = (name: string, spec: object) =>
    applyObjects(bench.lab.kubectl, [
      {
        apiVersion,
        kind: "VnicSet",
        metadata: { namespace, name },
        spec: { template: { network: { mode: "macvlan", parent: "eth1" } }, ...spec },
      },
    ]);
  const run = (kind: "Deployment" | "StatefulSet", name: string, replicas: number) =>
    applyObjects(bench.lab.kubectl, [workload(kind, namespace, name, replicas)]);
  const served = (name: string, ready: number, desired = ready) =>
    Promise.all([
      bench.kubectl("wait", `--for=jsonpath={.status.desired}=${desired}`, `vnicset/${name}`, "--timeout=170s"),
      bench.kubectl("wait", `--for=jsonpath={.status.ready}=${ready}`, `vnicset/${name}`, "--timeout=170s"),
    ]);

  async function membersOf(name: string): Promise<StoredVnic[]> {
    const words = ["get", "vnics", "-l", `pulumi-vnic.dev/set=${name}`, "-o", "json"];
    return (JSON.parse(await bench.kubectl(...words)) as { items: StoredVnic[] }).items;
  }

  /** Host addresses by pod. */
  async function addressesOf(name: string): Promise<Record<string, string>> {
    const members = await membersOf(name);
    return Object.fromEntries(members.map(({ spec }) => [spec.pod.name, spec.addresses?.[0]?.split("/")[0] ?? ""]));
  }

  const silent = (addresses: string[]) =>
    until("nobody to answer", 120, async () => {
      const answers = await Promise.all(addresses.map((address) => answersPing(bench.lab, "lan1", address)));
      return answers.includes(true) ? undefined : true;
    });

  it("is refused when there is no reconciler, with what to install", async () => {
    expect(withoutReconciler).to.be.instanceOf(VnicError);
    expect((withoutReconciler as VnicError).message).to.match(
      /^a VnicSet needs the reconciler, and there is no Deployment vnic-system\/vnic-reconciler; install it: /,
    );
    expect(await bench.kubectl("get", "vnicsets", "-o", "name")).to.not.include("early");
  });

  describe("of a StatefulSet", () => {
    const range = { cidr: "192.168.50.0/24", from: "192.168.50.20", to: "192.168.50.22" };
    const all = { "db-0": "192.168.50.20", "db-1": "192.168.50.21", "db-2": "192.168.50.22" };

    it("gives each pod the address of its ordinal, at which an outside host reaches it", async () => {
      await run("StatefulSet", "db", 3);
      await declare("wires", { workload: { kind: "StatefulSet", name: "db" }, addresses: [range] });
      await served("wires", 3);
      expect(await addressesOf("wires")).to.deep.equal(all);
      for (const address of Object.values(all))
        expect(await answersPing(bench.lab, "lan1", address), address).to.equal(true);
      expect(await bench.kubectl("get", "vnset")).to.match(/wires +3 +3 +AllServed/);
    });

    it("gives a recreated pod the same address and MAC", async () => {
      const macs = async () => (await membersOf("wires")).map(({ spec }) => `${spec.pod.name} ${spec.mac}`).sort();
      const before = await macs();
      const uid = await bench.kubectl("get", "pod", "db-1", "-o", "jsonpath={.metadata.uid}");
      await bench.kubectl("delete", "pod", "db-1", "--timeout=120s");
      await until("the new pod to be served", 120, async () => {
        const held = (await membersOf("wires")).find(({ spec }) => spec.pod.name === "db-1")?.status?.pod?.uid;
        return held !== undefined && held !== uid ? true : undefined;
      });
      await served("wires", 3);
      expect(await addressesOf("wires")).to.deep.equal(all);
      expect(await macs()).to.deep.equal(before);
      expect(await answersPing(bench.lab, "lan1", all["db-1"])).to.equal(true);
    });

    it("has a pod wait when the range is exhausted, and gives it the address that a scale down frees", async () => {
      await run("StatefulSet", "db", 4);
      await served("wires", 3, 4);
      await bench.kubectl("wait", "--for=condition=AddressesAvailable=False", "vnicset/wires", "--timeout=120s");
      const reason = ["-o", `jsonpath={.status.conditions[?(@.type=="AddressesAvailable")].message}`];
      expect(await bench.kubectl("get", "vnicset", "wires", ...reason)).to.equal(
        "no address is left for db-3; widen the range, or free one",
      );
      await declare("wires", {
        workload: { kind: "StatefulSet", name: "db" },
        addresses: [{ ...range, to: "192.168.50.23" }],
      });
      await served("wires", 4);
      expect(await addressesOf("wires")).to.deep.equal({ ...all, "db-3": "192.168.50.23" });
      await run("StatefulSet", "db", 2);
      await served("wires", 2);
      await silent(["192.168.50.22", "192.168.50.23"]);
      await run("StatefulSet", "db", 3);
      await served("wires", 3);
      expect(await addressesOf("wires"), "the same as before").to.deep.equal(all);
    });

    it("changes its Vnics in place, and is deleted after them", async () => {
      await declare("wires", {
        workload: { kind: "StatefulSet", name: "db" },
        template: { network: { mode: "macvlan", parent: "eth1" }, mtu: 1400, interfaceName: "lan0" },
        addresses: [range],
      });
      await until("the pods' NICs to have the new MTU and name", 120, async () => {
        const nics = (await membersOf("wires")).map(({ status }) => status?.interface);
        return nics.every((nic) => nic?.mtu === 1400 && nic.name === "lan0") ? true : undefined;
      });
      for (const address of Object.values(all))
        expect(await answersPing(bench.lab, "lan1", address), address).to.equal(true);
      await bench.kubectl("delete", "vnicset", "wires", "--timeout=120s");
      expect(await membersOf("wires")).to.deep.equal([]);
      await silent(Object.values(all));
      await bench.kubectl("delete", "statefulset", "db");
    });
  });

  it("serves 30 pods of a Deployment, each with its own address, and follows scale and rollout", async () => {
    await run("Deployment", "web", 30);
    // The set waits only for the pods that exist when it is declared, and a Deployment creates its pods in batches.
    await bench.kubectl("wait", "--for=jsonpath={.status.replicas}=30", "deployment/web", "--timeout=300s");
    const shown: string[] = [];
    const { ready, desired, podAddresses } = await apply("many", { selector: { app: "web" } }, shown);
    expect({ ready, desired }).to.deep.equal({ ready: 30, desired: 30 });
    expect(shown.filter((text) => /^\d+\/30 pods are served$/.test(text))).to.not.deep.equal([]);
    const given = Object.values(podAddresses).map(([address = ""]) => address.split("/")[0] ?? "");
    expect(new Set(given).size).to.equal(30);
    for (const address of given) expect(await answersPing(bench.lab, "lan1", address), address).to.equal(true);

    await run("Deployment", "web", 4);
    await served("many", 4);
    const before = Object.keys(await addressesOf("many"));
    await bench.kubectl("rollout", "restart", "deployment/web");
    await bench.kubectl("rollout", "status", "deployment/web", "--timeout=300s");
    await until("the old pods' Vnics to go", 120, async () => {
      const pods = Object.keys(await addressesOf("many"));
      return pods.length === 4 && !pods.some((pod) => before.includes(pod)) ? true : undefined;
    });
    await served("many", 4);
    const now = Object.values(await addressesOf("many"));
    for (const address of now) expect(await answersPing(bench.lab, "lan1", address), address).to.equal(true);
    await bench.kubectl("delete", "deployment", "web");
    await served("many", 0);
  }).timeout(1_500_000);

  it("takes the addresses from the range of its network, except for the router's", async () => {
    await run("Deployment", "lan", 2);
    await declare("lan", { template: { network: { name: "set-lan" } }, selector: { app: "lan" } });
    const reason = '--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=Invalid';
    await bench.kubectl("wait", reason, "vnicset/lan", "--timeout=120s");
    const range = { cidr: "192.168.50.0/24", from: "192.168.50.72", to: "192.168.50.74" };
    const spec = { mode: "macvlan", parent: "eth1", ranges: [range], gateways: ["192.168.50.73"] };
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "VnicNetwork", metadata: { name: "set-lan" }, spec }]);
    await served("lan", 2);
    const given = Object.values(await addressesOf("lan"));
    expect(given.sort()).to.deep.equal(["192.168.50.72", "192.168.50.74"]);
    for (const address of given) expect(await answersPing(bench.lab, "lan1", address), address).to.equal(true);
    await bench.kubectl("delete", "vnicset", "lan", "--timeout=120s");
    await bench.kubectl("delete", "deployment", "lan");
    await kubectl(bench.lab.kubectl, ["delete", "vnicnetwork", "set-lan", "--timeout=120s"]);
  });

  it("reports a missing workload, and serves it when it is created", async () => {
    await declare("late", {
      workload: { kind: "Deployment", name: "late" },
      addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.70", to: "192.168.50.71" }],
    });
    await bench.kubectl(
      "wait",
      `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=WorkloadMissing`,
      "vnicset/late",
      "--timeout=120s",
    );
    await run("Deployment", "late", 1);
    await served("late", 1);
    expect(await kubectl(bench.lab.kubectl, ["get", "vnics", "-n", namespace, "-o", "name"])).to.match(/late-/);
    await bench.kubectl("delete", "deployment", "late");
  });
});
