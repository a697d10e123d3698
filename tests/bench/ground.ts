import type { Cluster } from "../../provider/cluster/cluster.ts";
import { up } from "../lab/index.ts";
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
