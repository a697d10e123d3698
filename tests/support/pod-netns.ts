import type { Node } from "../lab/layout.ts";
import type { Bench } from "./lifecycle.ts";

/** The path of a pod's network namespace on its node, found by the pod's address on the cluster network. */
export async function podNetns(bench: Bench, pod: string, node: Node): Promise<string> {
  const address = await bench.kubectl("get", "pod", pod, "-o", "jsonpath={.status.podIP}");
  const find = `for n in /run/netns/*; do nsenter --net=$n ip -o address | grep -q " ${address}/" && echo $n; done`;
  return (await bench.lab.exec(node, ["sh", "-c", find])).stdout.trim();
}
