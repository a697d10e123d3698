import type { ErrorKind } from "../../base/errors.ts";
import { omitUndefined } from "../schema/known.ts";
import type { Condition, VnicStatus } from "./conditions.ts";
import { isPending, readyOf } from "./pending.ts";
import type { StoredVnic } from "./record.ts";
import { failedStatus } from "./status.ts";

/* The status of a record while its Vnic is being attached, and after a failure. */

const underWay = "Attaching";
/** Reasons for having no pod to attach to, which no longer apply once an attempt begins. */
const podReasons = ["PodNotFound", "PodPending", "PodTerminated", "PodUsesHostNetwork"];

/**
 * Whether the status is older than the attempt: it is about another generation or pod, or is empty. The reason of the
 * last failure stays while the next attempt is in progress.
 */
export function isOutdated({ metadata, status }: StoredVnic, podUid: string): boolean {
  const ready = readyOf(status);
  if (!ready || isAttemptUnderWay(ready) || podReasons.includes(ready.reason)) return true;
  if (ready.observedGeneration !== (metadata.generation ?? 1)) return true;
  return ready.status === "True" && status?.pod?.uid !== podUid;
}

/** Whether `Ready` is as an attempt in progress has written it. */
export function isAttemptUnderWay({ reason }: Pick<Condition, "reason">): boolean {
  return reason === underWay;
}

/** Whether the status says, for this generation, that the Vnic isn't ready. */
export function isReportedUnready({ metadata, status }: StoredVnic): boolean {
  if (status?.conditions.some(isPending)) return true;
  const ready = readyOf(status);
  return ready?.status === "False" && ready.observedGeneration === (metadata.generation ?? 1);
}

/** Whether no attempt has had a result yet, according to the status. */
export function isFirstUnderWay(status: VnicStatus | undefined): boolean {
  const ready = readyOf(status);
  return !ready || ready.reason === underWay;
}

/** The status while the attempt is in progress. The NIC stays attached if it is in that pod. */
export function attemptStatus(record: StoredVnic, podUid: string, message: string, now: Date): VnicStatus {
  const attached = record.status?.pod?.uid === podUid;
  return failedStatus(record, { reason: underWay, message, attached }, now);
}

/** The status from before an attempt that changed nothing, for the restored record. */
export function restoredStatus(
  { metadata, status }: StoredVnic,
  { metadata: now }: StoredVnic,
): VnicStatus | undefined {
  if (!status) return undefined;
  const renew = <T extends { readonly observedGeneration?: number }>(one: T) => {
    const observedGeneration = one.observedGeneration === metadata.generation ? now.generation : one.observedGeneration;
    return omitUndefined({ ...one, observedGeneration });
  };
  return { ...renew(status), conditions: status.conditions.map(renew) };
}

/** The condition reason for each kind of failure. */
export const failureReasons: Record<ErrorKind, string> = {
  invalid: "InvalidDefinition",
  refused: "Refused",
  conflict: "HeldByOther",
  outdated: "Outdated",
  forbidden: "Forbidden",
  notInstalled: "NotInstalled",
  unreachable: "Unreachable",
  deadline: "DeadlineExceeded",
  sessionBroken: "SessionBroken",
  failed: "Failed",
};
