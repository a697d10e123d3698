import type { Definition } from "../model/vnic/definition.ts";
import { freeing } from "./address/claim-addresses.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type ErrorSubject, isVnicError, VnicError } from "../base/errors.ts";
import { addressName } from "../model/address/address.ts";
import { agentAdvice } from "../model/kubernetes/agent-pod.ts";
import { vnicId } from "../model/names.ts";
import { definitionInRecord } from "../model/vnic/record.ts";

/** Where an injection failed. */
interface InjectionTarget {
  readonly node: string;
  /** The network's segments. */
  readonly segments: readonly string[];
  readonly definition: Definition;
}

type ExplainCluster = Pick<Cluster, "findAgentPod" | "findAddress" | "listVnicsIn">;

/** Maximum number of Vnics of a namespace that are searched for the owner of an interface name. */
const maxVnics = 2000;

/** Extends an error of the node side by what the API server knows about its subject. */
export async function explain(cluster: ExplainCluster, error: unknown, target: InjectionTarget): Promise<unknown> {
  if (!isVnicError(error) || !error.subject) return error;
  // If the lookup fails, the original error is more useful than that failure.
  const message = await wordsOf(cluster, error, error.subject, target).catch(() => undefined);
  return message === undefined ? error : new VnicError(error.kind, message, { cause: error });
}

async function wordsOf(
  cluster: ExplainCluster,
  { message }: VnicError,
  subject: ErrorSubject,
  { node, segments, definition }: InjectionTarget,
): Promise<string | undefined> {
  switch (subject.type) {
    case "agent": {
      const advice = agentAdvice(await cluster.findAgentPod(node));
      return `dhcp: no node agent answers on node ${node}, and DHCP needs it; ${advice}`;
    }
    case "host": {
      const names = segments.map((segment) => addressName({ segment, value: subject.mac }));
      const [held] = (await Promise.all(names.map((name) => cluster.findAddress(name)))).filter(Boolean);
      return held && `${message}; that MAC is Vnic ${vnicId(held.spec.holder)}'s`;
    }
    case "segment":
      return undefined;
    case "interface": {
      const { pod, interfaceName, name } = definition;
      const records = await cluster.listVnicsIn(pod.namespace, maxVnics);
      const others = records.filter(({ metadata, spec }) => metadata.name !== name && spec.pod.name === pod.name);
      // A NIC that is about to get another name still has the one in the status.
      const other =
        others.find(({ status }) => status?.interface?.name === interfaceName) ??
        others.find((record) => definitionInRecord(record).interfaceName === interfaceName);
      return other && `${message}, or ${freeing}: it is Vnic ${vnicId(other.metadata)}'s`;
    }
  }
}
