import type { Cluster } from "../cluster/cluster.ts";
import { VnicError } from "../base/errors.ts";
import { readNode } from "../model/kubernetes/node.ts";
import type { SessionPlace } from "../model/kubernetes/pod.ts";

/**
 * Where a session on that node runs; undefined when what was on the node is gone with it: there is no Node object, or an
 * administrator has marked it as out of service. Refuses one that doesn't answer; `so` says what that means.
 */
export async function findStandingNode(cluster: Cluster, name: string, so: string): Promise<SessionPlace | undefined> {
  const node = await cluster.findNode(name);
  if (!node) return undefined;
  const { ready, fenced, why, runtime } = readNode(node);
  if (fenced) return undefined;
  if (!ready)
    throw new VnicError(
      "refused",
      `node ${name} isn't ready (${why}), so ${so}; try again when it is, or delete the Node object if it is lost for good`,
    );
  return { node: name, runtime };
}
