import type { Cluster } from "../cluster/cluster.ts";
import type { ObservePlan, ObserveResult } from "../model/wire/session-protocol.ts";
import type { Deadline } from "./deadline.ts";
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
