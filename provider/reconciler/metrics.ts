import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Watched } from "../cluster/cluster.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { Queue } from "./queue.ts";

/** What Prometheus may ask of a reconciler. */
export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
  /** Times one reconciliation of an object of that kind. */
  time<T>(kind: string, work: () => Promise<T>): Promise<T>;
  showQueue(kind: string, queue: Pick<Queue, "depth">): void;
  showVnics(vnics: Watched<StoredVnic>): void;
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
    help: "Objects that wait for their turn, by kind.",
    labelNames: ["kind"],
    registers,
    collect() {
      for (const [kind, { depth }] of queues) this.set({ kind }, depth);
    },
  });
  let list: () => readonly StoredVnic[] = () => [];
  const countWhere = (name: string, help: string, counts: (vnic: StoredVnic) => boolean) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(list().filter(counts).length);
      },
    });
  countWhere("vnic_attached", "Vnics that are in their pods.", (vnic) => hasCondition(vnic, "Attached", "True"));
  countWhere("vnic_failed", "Vnics that are not as their records say.", (vnic) => hasCondition(vnic, "Ready", "False"));
  countWhere("vnic_leases", "Vnics that have a lease by DHCP.", (vnic) => hasCondition(vnic, "LeaseBound", "True"));

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
    showVnics: (watched) => {
      list = () => watched.list();
    },
  };
}

function hasCondition({ status }: StoredVnic, wanted: string, value: string): boolean {
  return status?.conditions.some(({ type, status }) => (type as string) === wanted && status === value) ?? false;
}
