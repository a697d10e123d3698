import { expect } from "chai";
import { isVnicError } from "../../provider/base/errors.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import { annotations, systemNamespace } from "../../provider/model/names.ts";
import { appPod } from "../lab/index.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { until } from "../lab/run.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { breakSandboxes, reconfigureKubelet } from "../support/damage.ts";
import { remainsOnNodes } from "../support/leaks.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

const namespace = "session-faults";
const node = "node1";
const { runtime } = parseLayout(kindOf(node).layout);

/* Every fault is caused in the real cluster. The deadline is far longer than the time to find the reason. */
describe("a session that can't start reports the cluster's message", () => {
  const bench = useBench({ namespace });

  before(async () => {
    const pod = appPod({ namespace, name: "db", node }) as { spec: object };
    // A kubelet that starts under PID pressure may evict a pod that runs already, unless the pod is critical.
    const spec = { ...pod.spec, priorityClassName: "system-node-critical" };
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec }]);
    await bench.kubectl("wait", "--for=condition=Ready", "pod/db", "--timeout=300s");
  });
  beforeEach(() => bench.driver.sessions.close());
  afterEach(async () => {
    expect(await remainsOnNodes(bench.lab)).to.deep.equal([]);
    expect(await bench.kubectl("get", "vnics", "-o", "name"), "records").to.equal("");
  });

  async function reason(pod = "db", sessions = bench.driver.sessions): Promise<string> {
    const wire = define({ name: "wire", pod: { namespace, name: pod }, addresses: ["192.168.50.60/24"] });
    const began = performance.now();
    try {
      await inject({ ...bench.driver, sessions }, wire);
    } catch (error) {
      if (!isVnicError(error, "failed", "refused")) throw error;
      console.log(`      reason after ${((performance.now() - began) / 1000).toFixed(1)} s: ${error.message}`);
      return error.message;
    }
    throw new Error("it started");
  }

  const system = (...argv: string[]) => kubectl(bench.lab.kubectl, ["-n", systemNamespace, ...argv]);
  const nodeSays = (what: string) => system("get", "node", node, "-o", `jsonpath=${what}`);
  /** Waits until a restarted kubelet says that of its node, and that the node is ready. */
  const awaitNode = async (what: string, wanted: string) => {
    for (const [path, value] of [
      [what, wanted],
      ['{.status.conditions[?(@.type=="Ready")].status}', "True"],
    ] as const)
      await until(`${path} of ${node} to be ${value}`, 180, async () => (await nodeSays(path)) === value || undefined);
  };
  /** Waits until the node has only pod db: the pods of earlier tests' sessions may still be starting or ending. */
  const awaitOnlyDb = () => {
    const unended = `spec.nodeName=${node},status.phase!=Succeeded,status.phase!=Failed`;
    const list = ["get", "pods", "-A", "--field-selector", unended, "-o", "name"];
    return until("only pod db to be there", 180, async () => (await system(...list)) === "pod/db\n" || undefined);
  };

  it("when a directory of its runtime doesn't exist", async () => {
    await system("annotate", "node", node, `${annotations.runtimeLayout}=${runtime}:/run/nowhere`);
    try {
      expect(await reason()).to.match(
        /can't run on node node1 .*: FailedMount: MountVolume.SetUp failed for volume "bundles".*hostPath type check failed: \/run\/nowhere\S+ is not a directory; if the node's container runtime keeps its files elsewhere/,
      );
    } finally {
      await system("annotate", "node", node, `${annotations.runtimeLayout}-`);
    }
  });

  it("when its node's annotation names no known layout", async () => {
    await system("annotate", "node", node, `${annotations.runtimeLayout}=k9s`);
    try {
      expect(await reason()).to.match(/^annotation \S+ of node node1: "k9s" is not a runtime layout; give one of/);
    } finally {
      await system("annotate", "node", node, `${annotations.runtimeLayout}-`);
    }
  });

  it("when the runtime can't create its sandbox", async () => {
    const mend = await breakSandboxes(bench.lab, node);
    try {
      expect(await reason()).to.match(/: FailedCreatePodSandBox: Failed to create pod sandbox: /);
    } finally {
      await mend();
    }
  });

  it("when a quota doesn't allow its pod", async () => {
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none", namespace: systemNamespace } };
    await applyObjects(bench.lab.kubectl, [{ ...quota, spec: { hard: { pods: "0" } } }]);
    try {
      await until("the quota's status", 180, async () =>
        (await system("get", "quota", "none", "-o", "jsonpath={.status.hard.pods}")) === "0" ? true : undefined,
      );
      expect(await reason()).to.match(/: FailedCreate: Error creating: pods .* is forbidden: exceeded quota: none/);
    } finally {
      await system("delete", "quota", "none");
    }
  });

  it("when a policy denies its pod", async () => {
    const metadata = { name: "no-pods-in-vnic-system" };
    const api = "admissionregistration.k8s.io/v1";
    const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] };
    const policy = {
      apiVersion: api,
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: {
        matchConstraints: {
          resourceRules: [rule],
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": systemNamespace } },
        },
        validations: [{ expression: "false", message: "no pods here, says the company" }],
      },
    };
    const spec = { policyName: metadata.name, validationActions: ["Deny"] };
    const binding = { apiVersion: api, kind: "ValidatingAdmissionPolicyBinding", metadata, spec };
    await applyObjects(bench.lab.kubectl, [policy, binding]);
    try {
      await until("the policy to be in force", 180, async () => {
        const probe = JSON.stringify({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "probe", namespace: systemNamespace },
          spec: { containers: [{ name: "c", image: "x" }] },
        });
        return (await bench.lab.kubectl(["create", "--dry-run=server", "-f", "-"], probe)).code === 0
          ? undefined
          : true;
      });
      expect(await reason()).to.match(
        /: FailedCreate: Error creating: pods .* is forbidden: .*no pods here, says the company/,
      );
    } finally {
      const kinds = ["validatingadmissionpolicybinding", "validatingadmissionpolicy"];
      for (const kind of kinds) await system("delete", kind, metadata.name);
    }
  });

  it("when its node has no room for its pod", async () => {
    await awaitOnlyDb();
    const pod = appPod({ namespace, name: "greedy", node }) as { spec: { containers: object[] } };
    // Pod db requests none.
    const cpu = await nodeSays("{.status.allocatable.cpu}");
    const greedy = { ...pod.spec.containers[0], resources: { requests: { cpu } } };
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...pod.spec, containers: [greedy] } }]);
    await bench.kubectl("wait", "--for=condition=Ready", "pod/greedy", "--timeout=300s");
    try {
      expect(await reason()).to.match(/: phase Failed: OutOfcpu: .*Node didn't have enough resource: cpu/);
    } finally {
      await bench.kubectl("delete", "pod", "greedy", "--wait=true");
    }
  });

  it("when its node has as many pods as it may have", async () => {
    const room = "{.status.allocatable.pods}";
    const former = await nodeSays(room);
    await awaitOnlyDb();
    const restore = await reconfigureKubelet(bench.lab, node, { maxPods: 1 });
    try {
      await awaitNode(room, "1");
      expect(await reason()).to.match(/: (phase Failed: )?OutOfpods: .*Node didn't have enough resource: pods/);
    } finally {
      await restore();
      await awaitNode(room, former);
    }
  });

  it("when its node has too few PIDs left", async () => {
    const pressure = '{.status.conditions[?(@.type=="PIDPressure")].status}';
    // A soft threshold, so that the kubelet evicts no pod before its grace period is over.
    const settings = {
      evictionSoft: { "pid.available": "4194304" },
      evictionSoftGracePeriod: { "pid.available": "1h" },
    };
    const restore = await reconfigureKubelet(bench.lab, node, settings);
    try {
      await awaitNode(pressure, "True");
      expect(await reason()).to.match(/: (phase Failed: )?Evicted: .*The node had condition: \[PIDPressure\]/);
    } finally {
      await restore();
      await awaitNode(pressure, "False");
    }
  });

  it("when its image can't be pulled", async () => {
    const sessions = new SessionPool(bench.driver.cluster, { image: "localhost/nowhere:1" });
    try {
      expect(await reason("db", sessions)).to.match(
        /: (Failed: Failed to pull image|ErrImagePull: ).*localhost\/nowhere:1/,
      );
    } finally {
      await sessions.close();
    }
  });

  it("when its node doesn't exist", async () => {
    const pod = appPod({ namespace, name: "lost", node }) as { spec: object };
    await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...pod.spec, nodeName: "node9" } }]);
    const status = {
      phase: "Running",
      containerStatuses: [
        {
          name: "redis",
          image: "x",
          imageID: "",
          ready: true,
          restartCount: 0,
          containerID: `${runtime}://${"a".repeat(64)}`,
          state: { running: { startedAt: new Date().toISOString() } },
        },
      ],
    };
    await bench.kubectl(
      "patch",
      "pod",
      "lost",
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status }),
    );
    try {
      expect(await reason("lost")).to.equal("there is no node node9, so no injection session can run on it");
    } finally {
      await bench.kubectl("delete", "pod", "lost", "--force", "--grace-period=0");
    }
  });
});
