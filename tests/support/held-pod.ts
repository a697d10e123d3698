import { appPod } from "../lab/index.ts";
import type { Node } from "../lab/layout.ts";
import { applyObjects } from "./cluster.ts";
import type { Bench } from "./lifecycle.ts";

/** Creates an application pod that stays pending, however long a test takes; returns a function that lets it run. */
export async function holdPod(
  bench: Pick<Bench, "lab" | "namespace" | "kubectl">,
  name: string,
  node: Node,
): Promise<() => Promise<void>> {
  const { namespace, lab } = bench;
  const pod = appPod({ namespace, name, node }) as { readonly spec: { readonly nodeName: string } };
  const { nodeName, ...spec } = pod.spec;
  const held = { nodeSelector: { "kubernetes.io/hostname": nodeName }, schedulingGates: [{ name: "test/held" }] };
  await applyObjects(lab.kubectl, [{ ...pod, spec: { ...spec, ...held } }]);
  const release = JSON.stringify([{ op: "remove", path: "/spec/schedulingGates" }]);
  return async () => void (await bench.kubectl("patch", "pod", name, "--type=json", "-p", release));
}
