import type { Cluster } from "../../cluster/cluster.ts";
import { VnicError } from "../../base/errors.ts";
import type { NodeObject } from "../../model/kubernetes/node.ts";
import { layoutOfNode } from "../../model/kubernetes/node-layout.ts";
import type { RuntimeLayout } from "../../model/kubernetes/runtime-layout.ts";
import { annotations, systemNamespace } from "../../model/names.ts";

/**
 * The layout of the node's container runtime, according to the Node and our own namespace. Reads the Node unless it is
 * `known`. Refuses a node that doesn't exist.
 */
export async function findLayout(cluster: Cluster, name: string, known?: NodeObject): Promise<RuntimeLayout> {
  const [node, namespace] = await Promise.all([
    known ?? cluster.findNode(name),
    cluster.findNamespace(systemNamespace),
  ]);
  if (!node) throw new VnicError("refused", `there is no node ${name}, so no injection session can run on it`);
  return layoutOfNode(name, node, namespace?.metadata?.annotations?.[annotations.runtimeLayout]);
}
