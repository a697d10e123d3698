import type { Condition, VnicStatus } from "./conditions.ts";
import type { StoredVnic } from "./record.ts";

/**
 * The default status of a record that no driver has worked on, which the API server fills in. It shows tools that
 * compare generations (kstatus, and with it Helm, Flux and Argo CD) that the record isn't ready.
 */
export const pendingStatus = {
  observedGeneration: -1,
  conditions: [
    {
      type: "Ready",
      status: "False",
      reason: "Pending",
      message: "neither the provider nor the reconciler has begun to attach it",
      // A default can't be the current time; Kubernetes' Gateway API uses the same fixed time.
      lastTransitionTime: "1970-01-01T00:00:00Z",
    },
  ],
} as const satisfies VnicStatus;

/** The Ready condition that a driver has written; undefined if no driver has worked on the record. */
export function readyOf(status: VnicStatus | undefined): Condition | undefined {
  return status?.conditions.find((one) => one.type === "Ready" && !isPending(one));
}

/** Whether the Vnic is in its pod as the current spec of its record says. Drivers write this, and tenants can't. */
export function isRealised({ metadata, status }: Pick<StoredVnic, "metadata" | "status">): boolean {
  const ready = readyOf(status);
  return ready?.status === "True" && ready.observedGeneration === metadata.generation;
}

/**
 * Whether the Vnic was in its pod as its record said before the deletion of the record began, which counts as a change of
 * its spec. If it wasn't, it may have been on another network than the record names.
 */
export function wasRealised(record: Pick<StoredVnic, "metadata" | "status">): boolean {
  const { generation, deletionTimestamp } = record.metadata;
  if (generation === undefined || !deletionTimestamp) return isRealised(record);
  return isRealised({ ...record, metadata: { ...record.metadata, generation: generation - 1 } });
}

export function isPending({ reason }: Pick<Condition, "reason">): boolean {
  return reason === pendingStatus.conditions[0].reason;
}
