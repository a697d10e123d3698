import { readyOf } from "../vnic/pending.ts";
import { networkWords } from "../network/reference.ts";
import { placementOf, type StoredVnic } from "../vnic/record.ts";

/** A Vnic as a row of a table; values that don't apply are empty. */
export interface VnicRow {
  readonly namespace: string;
  readonly name: string;
  readonly pod: string;
  readonly node: string;
  readonly network: string;
  readonly interface: string;
  readonly addresses: readonly string[];
  /** How long the DHCP lease is still valid, such as `25m left`. */
  readonly lease: string;
  /** `Ready`, or the reason why it isn't. */
  readonly condition: string;
  readonly healthy: boolean;
  readonly age: string;
}

/** The table row of a record. */
export function rowOf(record: StoredVnic, now: Date): VnicRow {
  const { metadata, spec, status } = record;
  const { healthy, words } = conditionOf(record);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    pod: spec.pod.name,
    node: status?.node ?? placementOf(record)?.node ?? "",
    network: networkWords({ ...spec.network }),
    interface: status?.interface?.name ?? spec.interfaceName ?? "",
    addresses: status?.interface?.addresses ?? spec.addresses ?? [],
    lease: status?.lease ? leaseWords(Date.parse(status.lease.expiresAt) - now.getTime()) : "",
    condition: words,
    healthy,
    age:
      metadata.creationTimestamp === undefined
        ? ""
        : durationWords(now.getTime() - Date.parse(metadata.creationTimestamp)),
  };
}

/** The most important condition: deletion in progress, the reason why it isn't ready, or another problem. */
export function conditionOf({ metadata, status }: StoredVnic): { readonly healthy: boolean; readonly words: string } {
  if (metadata.deletionTimestamp !== undefined) return { healthy: false, words: "Deleting" };
  const ready = readyOf(status);
  if (!ready) return { healthy: false, words: "Waiting" };
  if (ready.status !== "True") return { healthy: false, words: ready.reason };
  if ((ready.observedGeneration ?? 0) < (metadata.generation ?? 0)) return { healthy: false, words: "Updating" };
  const other = status?.conditions.find(({ status }) => status === "False");
  return other ? { healthy: false, words: other.reason } : { healthy: true, words: "Ready" };
}

function leaseWords(milliseconds: number): string {
  return milliseconds > 0 ? `${durationWords(milliseconds)} left` : "expired";
}

/** A duration in its largest unit, as kubectl shows ages. */
export function durationWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
