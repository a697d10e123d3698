import { Claims } from "../../provider/lifecycle/claim.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import { FakeCluster } from "./cluster.ts";

export interface FakeDriver extends Driver {
  readonly cluster: FakeCluster;
  /** All progress messages. */
  readonly reports: string[];
}

/** A driver for a fake cluster. Close its sessions afterwards: `await driver.sessions.close()`. */
export function fakeDriver({ lingerMilliseconds = 5 } = {}): FakeDriver {
  const cluster = new FakeCluster();
  const reports: string[] = [];
  const sessions = new SessionPool(cluster, { image: "localhost/image:1", lingerMilliseconds });
  return { cluster, sessions, claims: new Claims("a test"), reports, report: (text) => void reports.push(text) };
}
