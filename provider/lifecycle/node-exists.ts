import type { Cluster } from "../cluster/cluster.ts";
import { VnicError } from "../base/errors.ts";
import { type NodeObject, readNode } from "../model/kubernetes/node.ts";

/** A node has no Node object, or an administrator has marked it as out of service, so that nothing on it is left. */
export class NodeGone extends VnicError {}

/** The node. Refuses one that doesn't exist any more (`NodeGone`) or isn't ready; `consequence` says what that means. */
export async function requireNode(cluster: Cluster, name: string, consequence: string): Promise<NodeObject> {
  const node = await findExisting(cluster, name, consequence);
  if (!node) throw new NodeGone("refused", `node ${name} doesn't exist any more, so ${consequence}`);
  return node;
}

/**
 * Whether a node still exists. False if it has no Node object, or if an administrator has marked it as out of service,
 * so that nothing on it is left. Refuses a node that isn't ready; `consequence` says what that means.
 */
export async function nodeExists(cluster: Cluster, name: string, consequence: string): Promise<boolean> {
  return (await findExisting(cluster, name, consequence)) !== undefined;
}

async function findExisting(cluster: Cluster, name: string, consequence: string): Promise<NodeObject | undefined> {
  const node = await cluster.findNode(name);
  if (!node) return undefined;
  const { ready, fenced, why } = readNode(node);
  if (fenced) return undefined;
  if (!ready)
    throw new VnicError(
      "refused",
      `node ${name} isn't ready (${why}), so ${consequence}; try again when it is, or delete the Node object if it is lost for good`,
    );
  return node;
}
