import type { Cluster } from "../../provider/cluster/cluster.ts";
import { netnsName, netnsPath } from "../../provider/node/netns.ts";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import { up } from "../lab/index.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { until } from "../lab/run.ts";
import { installPlatform, providerKubeconfig } from "../support/cluster.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { type Bench, openBench } from "../support/lifecycle.ts";

/** The node for all measurements. */
export const node = "node1";

export interface Ground {
  readonly bench: Bench;
  /** Kubeconfig of the provider's service account. */
  readonly kubeconfig: string;
}

/** Runs `work` on the lab in a temporary namespace, and checks that nothing is left of it. */
export async function onLab(namespace: string, work: (ground: Ground) => Promise<void>): Promise<void> {
  const lab = await up();
  const { kubectl } = lab;
  await installPlatform(kubectl);
  const kubeconfig = await providerKubeconfig(kubectl);
  const bench = await openBench({ namespace, kubeconfig });
  try {
    await work({ bench, kubeconfig });
  } finally {
    await bench.close();
  }
  await assertNoLeaks(lab);
}

/** Waits until the pod of a Job is gone, so that its end doesn't disturb the next measurement. */
export async function awaitEnd(cluster: Cluster, job: string): Promise<void> {
  await until(`the end of Job ${job}`, 60, async () => ((await cluster.findJobPod(job)) ? undefined : true));
}

/** The path of a pod's network namespace on the node, found as the node side does. */
export async function netnsOf(bench: Bench, pod: string): Promise<string> {
  const { bundles, config, annotations } = parseLayout(kindOf(node).layout);
  const read = async (container: string) => {
    const path = `${bundles}/${container}/${config}`;
    const { code, stdout, stderr } = await bench.lab.exec(node, ["cat", path]);
    if (code !== 0) throw new Error(`reading ${path} on ${node}: ${stderr}`);
    return JSON.parse(stdout) as {
      annotations: Record<string, string>;
      linux: { namespaces: { type: string; path?: string }[] };
    };
  };
  const id = await bench.kubectl("get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].containerID}");
  const container = await read(id.replace("containerd://", ""));
  const sandbox = await read(container.annotations[annotations.sandboxId] ?? "");
  const path = sandbox.linux.namespaces.find(({ type }) => type === "network")?.path;
  return netnsPath(netnsName((path ?? "").replace("/var/run/", "/run/")));
}
