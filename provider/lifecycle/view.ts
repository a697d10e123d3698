import type { Cluster } from "../cluster/cluster.ts";
import type { ObservePlan, ObserveResult } from "../model/wire/session-protocol.ts";
import type { Deadline } from "./deadline.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { Driver } from "./driver.ts";

/** The part of a cluster that shows a Vnic's objects. */
export type ClusterView = Pick<
  Cluster,
  "findVnic" | "findPod" | "findNode" | "findNetwork" | "findAttachmentDefinition"
>;

/** The parts of a driver that observing needs. */
export type ObserveDriver = Pick<Driver, "cluster" | "sessions">;

/** The reads that observing consists of: objects of the cluster, and NICs on nodes. */
export interface View {
  readonly cluster: ClusterView;
  /** The NIC in its pod, as that node reports it. */
  findNic(node: string, plan: ObservePlan, deadline: Deadline): Promise<ObserveResult>;
}

/** A view that reads everything when it is asked for. */
export function liveView({ cluster, sessions }: ObserveDriver): View {
  return {
    cluster,
    findNic: (node, plan, deadline) => sessions.use(node, deadline, (session) => session.request("observe", { plan })),
  };
}

/** A view of one Vnic whose record and pod were read just now. */
export function viewOf(driver: ObserveDriver, record: StoredVnic, pod: PodObject | undefined): View {
  const { cluster } = driver;
  return {
    ...liveView(driver),
    cluster: {
      findVnic: () => Promise.resolve(record),
      findPod: () => Promise.resolve(pod),
      findNode: (name) => cluster.findNode(name),
      findNetwork: (name) => cluster.findNetwork(name),
      findAttachmentDefinition: (ref) => cluster.findAttachmentDefinition(ref),
    },
  };
}
