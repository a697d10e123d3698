import type { Cluster } from "../cluster/cluster.ts";
import { isVnicError, VnicError } from "../base/errors.ts";
import { addressName } from "../model/address/address.ts";
import { agentAdvice } from "../model/kubernetes/agent-pod.ts";
import { vnicId } from "../model/names.ts";

/** Where an injection failed. */
interface Place {
  readonly node: string;
  /** The network's segments. */
  readonly segments: readonly string[];
}

/** An error of the node side, with what the API server knows of its subject. */
export async function explain(
  cluster: Pick<Cluster, "findAgentPod" | "findAddress">,
  error: unknown,
  { node, segments }: Place,
): Promise<unknown> {
  if (!isVnicError(error) || !error.subject) return error;
  try {
    if (error.subject.type === "agent") {
      const advice = agentAdvice(await cluster.findAgentPod(node));
      const message = `dhcp: no node agent answers on node ${node}, and nobody else keeps leases; ${advice}`;
      return new VnicError(error.kind, message, { cause: error });
    }
    for (const segment of segments) {
      const held = await cluster.findAddress(addressName({ segment, value: error.subject.mac }));
      if (held)
        return new VnicError(error.kind, `${error.message}; that MAC is Vnic ${vnicId(held.spec.holder)}'s`, {
          cause: error,
        });
    }
  } catch {
    // The error itself is worth more than why no more is known.
  }
  return error;
}
