import type { Cluster } from "../../provider/cluster/cluster.ts";
import { enter } from "../lab/enter.ts";
import { up } from "../lab/index.ts";
import { must, run, until } from "../lab/run.ts";
import { installPlatform, providerKubeconfig } from "../support/cluster.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { type Bench, openBench } from "../support/lifecycle.ts";
import type { DeclaredVnic } from "../support/stack.ts";

/**
 * The first two bytes of the measured addresses, which have a prefix length of 16. It is a subnet of the lab's LAN that
 * the demo and the tests don't use, so that a benchmark can run beside them. While a benchmark runs, {@link prober} has an address in it.
 */
export const subnet = "10.61";

/** The host outside the cluster that measures replies. */
export const prober = "lan1";

/** The node for all measurements. */
export const node = "node1";

export interface Ground {
  readonly bench: Bench;
  /** Kubeconfig of the provider's service account. */
  readonly kubeconfig: string;
}

/** Runs `work` on the lab in a temporary namespace, and checks that nothing is left of it. */
export async function onLab<Result>(namespace: string, work: (ground: Ground) => Promise<Result>): Promise<Result> {
  const lab = await up();
  const { kubectl } = lab;
  await installPlatform(kubectl);
  const kubeconfig = await providerKubeconfig(kubectl);
  const bench = await openBench({ namespace, kubeconfig });
  const address = [`${subnet}.255.254/16`, "dev", "eth0"];
  await must(enter(prober, ["ip", "address", "replace", ...address]));
  let result: Result;
  try {
    result = await work({ bench, kubeconfig });
  } finally {
    await bench.close();
    await run(enter(prober, ["ip", "address", "del", ...address]));
  }
  await assertNoLeaks(lab);
  return result;
}

/** One of many Vnics in some pods. The NICs of a pod are numbered. */
export function wireIn(namespace: string, pods: readonly string[], index: number): DeclaredVnic {
  return {
    resource: `wire-${index}`,
    args: {
      pod: { namespace, name: pods[index % pods.length] },
      network: { parent: "eth1" },
      interfaceName: `lan${Math.floor(index / pods.length)}`,
      // A thousand NICs on one LAN would receive each probe.
      duplicateAddressDetection: false,
      addresses: [`${subnet}.${16 + Math.floor(index / 200)}.${1 + (index % 200)}/16`],
    },
  };
}

/** Waits until the pod of a Job is gone, so that its end doesn't disturb the next measurement. */
export async function awaitEnd(cluster: Cluster, job: string): Promise<void> {
  await until(`the end of Job ${job}`, 60, async () => ((await cluster.findJobPod(job)) ? undefined : true));
}
