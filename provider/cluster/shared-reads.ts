import { coalesce } from "../base/coalesce.ts";
import type { Cluster } from "./cluster.ts";

/**
 * Wraps a cluster so that concurrent callers share one read of the same object, such as the pod, network, namespace or
 * node of many Vnics. Each read starts after it was asked for.
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
