import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Watched } from "../cluster/cluster.ts";
import type { SessionPool } from "../lifecycle/session/session-pool.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { Queue } from "./queue.ts";
import { registerVnicMetrics } from "./vnic-metrics.ts";

/** The reconciler's metrics for Prometheus. */
export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
  /** Measures the duration of one reconciliation of an object of that kind. */
  time<T>(kind: string, work: () => Promise<T>): Promise<T>;
  showQueue(kind: string, queue: Pick<Queue, "depth">): void;
  /** Sets the records and pods from which the metrics of Vnics are computed. Called once. */
  showVnics(vnics: Watched<StoredVnic>, pods: Pick<Watched<PodObject>, "list">): void;
  /** Shows that this replica is the leader, from now until its process ends. */
  showLeading(): void;
  /** Sets the pool whose sessions are counted. */
  showSessions(pool: Pick<SessionPool, "size">): void;
  /** Counts a session that was opened, with how long that took. */
  sessionOpened(seconds: number): void;
  /** Counts a session that couldn't be opened. */
  sessionFailed(): void;
}

export function makeMetrics(): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const duration = new Histogram({
    name: "vnic_reconcile_duration_seconds",
    help: "How long it took to reconcile one object, by its kind and how it ended.",
    labelNames: ["kind", "result"],
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    registers,
  });
  const queues = new Map<string, Pick<Queue, "depth">>();
  new Gauge({
    name: "vnic_reconcile_queue_depth",
    help: "Objects that wait to be reconciled, by kind.",
    labelNames: ["kind"],
    registers,
    collect() {
      for (const [kind, { depth }] of queues) this.set({ kind }, depth);
    },
  });
  const leading = new Gauge({ name: "vnic_leading", help: "1 if this replica is the leader, otherwise 0.", registers });
  const sessions = new Counter({
    name: "vnic_sessions_opened_total",
    help: "Sessions with nodes that were opened, each a Job on its node.",
    registers,
  });
  const failures = new Counter({
    name: "vnic_session_failures_total",
    help: "Sessions with nodes that could not be opened.",
    registers,
  });
  const starts = new Histogram({
    name: "vnic_session_start_seconds",
    help: "How long it took to open a session with a node, which is the start of a pod.",
    buckets: [0.3, 1, 3, 10, 30, 100],
    registers,
  });
  let pool: Pick<SessionPool, "size"> = { size: 0 };
  new Gauge({
    name: "vnic_sessions_open",
    help: "Sessions with nodes that are open or being opened.",
    registers,
    collect() {
      this.set(pool.size);
    },
  });
  const vnics = registerVnicMetrics(register);

  return {
    contentType: register.contentType,
    render: () => register.metrics(),
    time: async (kind, work) => {
      const end = duration.startTimer({ kind });
      try {
        const answer = await work();
        end({ result: "done" });
        return answer;
      } catch (error) {
        end({ result: "failed" });
        throw error;
      }
    },
    showQueue: (kind, queue) => void queues.set(kind, queue),
    showVnics: (watched, pods) => vnics.show(watched, pods),
    showLeading: () => leading.set(1),
    showSessions: (shown) => void (pool = shown),
    sessionOpened: (seconds) => {
      sessions.inc();
      starts.observe(seconds);
    },
    sessionFailed: () => failures.inc(),
  };
}
