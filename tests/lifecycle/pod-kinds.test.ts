import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { knownLayouts } from "../../provider/model/kubernetes/runtime-layout.ts";
import { appPod } from "../lab/index.ts";
import { nodes } from "../lab/layout.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { until } from "../lab/run.ts";
import { staticPodsOf } from "../lab/worker-node.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

const namespace = "pod-kinds";
const address = "192.168.50.64";

interface AppPod {
  readonly metadata: object;
  readonly spec: { readonly containers: [object] };
}

describe("a pod gets a NIC", () => {
  const bench = useBench({ namespace });

  const base = (name: string, node: "node1" | "node2" | "node3") => appPod({ namespace, name, node }) as AppPod;
  /** The application container with another command. */
  const running = ({ spec }: AppPod, name: string, script: string) => ({
    ...spec.containers[0],
    name,
    command: ["sh", "-c", script],
  });

  /** Checks that the NIC answers on the LAN, and is gone afterwards. */
  async function assertServed(pod: string): Promise<void> {
    const wire = define({ name: "wire", pod: { namespace, name: pod }, addresses: [`${address}/24`] });
    const state = await bench.inject(wire);
    try {
      await until(`an answer of ${address}`, 180, async () =>
        (await answersPing(bench.lab, "lan1", address)) ? true : undefined,
      );
    } finally {
      await bench.eject(state);
    }
    expect(await answersPing(bench.lab, "lan1", address)).to.equal(false);
  }

  for (const node of nodes)
    it(`alone, when its labels and annotations are those of another pod's sandbox, on ${node}`, async () => {
      const [own, other] = [`imitator-${node}`, `imitated-${node}`];
      const wire = (pod: string) =>
        define({ name: "wire", pod: { namespace, name: pod }, addresses: [`${address}/24`], interfaceName: "net1" });
      await bench.runPod(other, node);
      const seen = await bench.inject(wire(other));
      await bench.eject(seen);
      const { sandboxId = "", podUid } = seen;
      const annotations = Object.fromEntries(
        knownLayouts.flatMap(({ annotations: keys }) => [
          [keys.sandboxId, sandboxId],
          [keys.podUid, podUid],
          [keys.podNamespace, namespace],
          [keys.podName, other],
          [keys.type, "sandbox"],
        ]),
      );
      const labels = { "io.kubernetes.pod.uid": podUid, "io.kubernetes.pod.name": other };
      const pod = base(own, node);
      await applyObjects(bench.lab.kubectl, [{ ...pod, metadata: { ...pod.metadata, annotations, labels } }]);
      await bench.kubectl("wait", "--for=condition=Ready", `pod/${own}`, "--timeout=300s");
      for (const [target, stranger] of [
        [own, other],
        [other, own],
      ] as const) {
        const state = await bench.inject(wire(target));
        const names = async (each: string) => (await bench.linksIn(each)).map(({ ifname }) => ifname);
        expect(await names(target)).to.include("net1");
        expect(await names(stranger)).not.to.include("net1");
        await bench.eject(state);
        expect(await names(target)).not.to.include("net1");
      }
    });

  it("when its init container waits for it", async () => {
    const pod = base("init", "node1");
    const wait = running(pod, "wait", "until ip link show net1 >/dev/null 2>&1; do sleep 0.1; done");
    const waiting = { ...pod.spec, initContainers: [wait] };
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: waiting }]);
    const wire = define({
      name: "wire",
      pod: { namespace, name: "init" },
      addresses: [`${address}/24`],
      interfaceName: "net1",
    });
    const state = await bench.inject(wire);
    await bench.kubectl("wait", "--for=condition=Ready", "pod/init", "--timeout=300s");
    expect(await answersPing(bench.lab, "lan1", address)).to.equal(true);
    await bench.eject(state);
  });

  it("when its sidecar runs before its containers", async () => {
    const pod = base("sidecar", "node2");
    const sidecar = { ...running(pod, "sidecar", "sleep 1d"), restartPolicy: "Always" };
    const gate = running(pod, "gate", "sleep 1d");
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...pod.spec, initContainers: [sidecar, gate] } }]);
    await assertServed("sidecar");
  });

  it("when its containers share one process namespace", async () => {
    const pod = base("shared", "node3");
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...pod.spec, shareProcessNamespace: true } }]);
    await assertServed("shared");
  });

  it("when it has a user namespace", async () => {
    const node = nodes.find((each) => kindOf(each).runtime === "crio");
    expect(node, "the lab's only kind of node that can run such pods").to.be.a("string");
    const pod = base("user-namespace", node!);
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...pod.spec, hostUsers: false } }]);
    await bench.kubectl("wait", "--for=condition=Ready", "pod/user-namespace", "--timeout=300s");
    const [, rootOutside] = (await bench.kubectl("exec", "user-namespace", "--", "cat", "/proc/self/uid_map"))
      .trim()
      .split(/ +/);
    expect(Number(rootOutside), "the pod's root, as a user of the node").to.be.above(0);
    await assertServed("user-namespace");
  });

  it("when all its containers keep crashing", async () => {
    const pod = base("crashing", "node1");
    const crash = running(pod, "crash", "exit 3");
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...pod.spec, containers: [crash] } }]);
    const restarts = "jsonpath={.status.containerStatuses[0].restartCount}";
    await until("the pod to crash twice", 180, async () =>
      Number(await bench.kubectl("get", "pod", "crashing", "-o", restarts)) > 0 ? true : undefined,
    );
    await assertServed("crashing");
  });

  it("when it belongs to a Job or a DaemonSet", async () => {
    const { spec } = base("x", "node2");
    const template = { metadata: { labels: { app: "x" } }, spec };
    const once = { ...template, spec: { ...spec, restartPolicy: "Never" } };
    const { nodeName: _, ...anywhere } = spec as typeof spec & { nodeName: string };
    await applyObjects(bench.lab.kubectl, [
      { apiVersion: "batch/v1", kind: "Job", metadata: { namespace, name: "job" }, spec: { template: once } },
      {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { namespace, name: "set" },
        spec: { selector: { matchLabels: { app: "x" } }, template: { ...template, spec: anywhere } },
      },
    ]);
    for (const owner of ["batch.kubernetes.io/job-name=job", "app=x,controller-revision-hash"]) {
      const pod = await until(`a pod with ${owner}`, 180, async () => {
        const names = await bench.kubectl("get", "pods", "-l", owner, "-o", "jsonpath={.items[*].metadata.name}");
        return names.split(" ").find(Boolean);
      });
      await assertServed(pod);
    }
    await bench.kubectl("delete", "job/job", "daemonset/set", "--cascade=foreground");
  });

  it("when it is static and its mirror has another UID than its sandbox", async () => {
    const pod = base("static", "node1");
    const file = join(staticPodsOf("node1"), "static.json");
    await writeFile(file, JSON.stringify(pod));
    try {
      const mirror = "static-node1";
      await until("the mirror", 180, async () => {
        const { code } = await bench.lab.kubectl(["-n", namespace, "get", "pod", mirror]);
        return code === 0 ? true : undefined;
      });
      await bench.kubectl("wait", "--for=condition=Ready", `pod/${mirror}`, "--timeout=300s");
      await assertServed(mirror);
    } finally {
      await rm(file);
    }
    await bench.kubectl("wait", "--for=delete", "pod/static-node1", "--timeout=300s");
  });

  it("when its node is cordoned and tainted", async () => {
    await bench.runPod("tolerant", "node3");
    const node = (...words: string[]) => kubectl(bench.lab.kubectl, words);
    await node("cordon", "node3");
    await node("taint", "node", "node3", "maintenance=yes:NoSchedule");
    try {
      await assertServed("tolerant");
    } finally {
      await node("taint", "node", "node3", "maintenance-");
      await node("uncordon", "node3");
    }
  });
});
