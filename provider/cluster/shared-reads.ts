import { coalesce } from "../base/coalesce.ts";
import type { Cluster } from "./cluster.ts";

/**
 * A view of a cluster in which one reading serves all who ask for the same object at the same time: the pod, the network,
 * the namespace and the node that many Vnics have in common. Each reading begins after it was asked for.
 */
export function withSharedReads<C extends Cluster>(cluster: C): C {
  return {
    ...cluster,
    findPod: coalesce(cluster.findPod),
    findNode: coalesce(cluster.findNode),
    findRuntimeClass: coalesce(cluster.findRuntimeClass),
    findNamespace: coalesce(cluster.findNamespace),
    findNetwork: coalesce(cluster.findNetwork),
    findAttachmentDefinition: coalesce(cluster.findAttachmentDefinition),
  };
}
