import type { Cluster } from "../cluster/cluster.ts";
import type { Claims } from "./claim.ts";
import type { SessionPool } from "./session/session-pool.ts";

/** The parts that the lifecycle functions need: a cluster, sessions, claims, and a way to report progress. */
export interface Driver {
  readonly cluster: Cluster;
  readonly sessions: SessionPool;
  readonly claims: Claims;
  /** Shows in a few words what the operation waits for; the next text replaces it. */
  readonly report: (text: string) => void;
  /** Shows a warning that stays visible; absent if there is nobody to read it. */
  readonly warn?: (text: string) => void;
  /**
   * An injection that takes longer writes what it waits for to the record's status, and emits an event.
   * @default 1000
   */
  readonly firstReportMilliseconds?: number;
}
