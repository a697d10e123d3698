import type { Lab } from "../lab/index.ts";
import type { Node } from "../lab/layout.ts";
import { kubectl } from "./cluster.ts";

/** Where a pod is: a lab, and a namespace of it. */
interface Place {
  readonly lab: Lab;
  readonly namespace: string;
}

/** Finds the network namespace of a node that has an address on the cluster network. */
const find = (address: string) =>
  `for n in /run/netns/*; do nsenter --net=$n ip -o address | grep -q " ${address}/" && break; n=; done`;

/** The path of a pod's network namespace on its node, found by the pod's address on the cluster network. */
export async function podNetns({ lab, namespace }: Place, pod: string, node: Node): Promise<string> {
  const path = "jsonpath={.status.podIP}";
  const address = await kubectl(lab.kubectl, ["get", "pod", pod, "-n", namespace, "-o", path]);
  return (await lab.exec(node, ["sh", "-c", `${find(address)}; echo $n`])).stdout.trim();
}

/**
 * Runs a program of the node in a pod's network namespace, found by the pod's address on the cluster network; returns its
 * output. That takes a tenth of the CPU of an exec into the pod.
 */
export async function runInPodNetns({ lab, namespace }: Place, pod: string, argv: readonly string[]): Promise<string> {
  const path = "jsonpath={.spec.nodeName} {.status.podIP}";
  const [node, address] = (await kubectl(lab.kubectl, ["get", "pod", pod, "-n", namespace, "-o", path])).split(" ");
  if (!node || !address) throw new Error(`pod ${namespace}/${pod} has no address on the cluster network`);
  const script = `${find(address)}; exec nsenter --net="$n" -- "$@"`;
  const { code, stdout, stderr } = await lab.exec(node as Node, ["sh", "-c", script, "in-pod", ...argv]);
  if (code !== 0) throw new Error(`${argv.join(" ")} in the network of pod ${namespace}/${pod}: ${stderr.trim()}`);
  return stdout;
}
