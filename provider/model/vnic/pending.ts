import type { Condition, VnicStatus } from "./conditions.ts";

/**
 * The status of a record that no driver has written one for, as the API server fills it in. With it, whoever waits for a
 * record by its generation (kstatus, and with it Helm, Flux and Argo CD) sees that the record isn't done.
 */
export const pendingStatus = {
  observedGeneration: -1,
  conditions: [
    {
      type: "Ready",
      status: "False",
      reason: "Pending",
      message: "neither the provider nor the reconciler has begun to attach it",
      // A default can't hold the time; this is the one that Kubernetes' Gateway API has in its own.
      lastTransitionTime: "1970-01-01T00:00:00Z",
    },
  ],
} as const satisfies VnicStatus;

/** The condition Ready that a driver has written; undefined for a record that none has worked on. */
export function readyOf(status: VnicStatus | undefined): Condition | undefined {
  return status?.conditions.find((one) => one.type === "Ready" && !isPending(one));
}

export function isPending({ reason }: Pick<Condition, "reason">): boolean {
  return reason === pendingStatus.conditions[0].reason;
}
