import type { Cluster } from "../cluster/cluster.ts";
import type { Claims } from "./claim.ts";
import type { SessionPool } from "./session/session-pool.ts";

/** Who drives a lifecycle: its cluster, its sessions, its claims, and where its progress is shown. */
export interface Driver {
  readonly cluster: Cluster;
  readonly sessions: SessionPool;
  readonly claims: Claims;
  /** Shows what is waited for now, in a few words. */
  readonly report: (text: string) => void;
}
