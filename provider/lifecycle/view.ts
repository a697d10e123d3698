import type { Cluster } from "../cluster/cluster.ts";
import type { ObservePlan, ObserveResult } from "../model/wire/session-protocol.ts";
import type { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";

/** The part of a cluster that tells what stands in it of a Vnic. */
export type ClusterView = Pick<
  Cluster,
  "findVnic" | "findPod" | "findNode" | "findNetwork" | "findAttachmentDefinition"
>;

/** What a look needs of its driver. */
export type Reach = Pick<Driver, "cluster" | "sessions">;

/** What an observer sees: objects of the cluster, and NICs on nodes. Looking changes nothing. */
export interface View {
  readonly cluster: ClusterView;
  /** The NIC in its pod, as that node sees it. */
  findNic(node: string, plan: ObservePlan, deadline: Deadline): Promise<ObserveResult>;
}

/** Each look is made when it is asked for. */
export function liveView({ cluster, sessions }: Reach): View {
  return {
    cluster,
    findNic: (node, plan, deadline) => sessions.use(node, deadline, (session) => session.request("observe", { plan })),
  };
}
