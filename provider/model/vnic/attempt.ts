import type { ErrorKind } from "../../base/errors.ts";
import { present } from "../schema/known.ts";
import type { VnicStatus } from "./conditions.ts";
import { isPending, readyOf } from "./pending.ts";
import type { StoredVnic } from "./record.ts";
import { failedStatus } from "./status.ts";

/* What a record's status says of an attempt to attach its Vnic: that it is under way, and how it failed. */

const underWay = "Attaching";
/** Why there was nothing to attach it to. An attempt begins when that has passed. */
const podReasons = ["PodNotFound", "PodPending", "PodTerminated", "PodUsesHostNetwork"];

/**
 * Whether the status still speaks of what was before the attempt: of another generation or pod, or of nothing at all. One
 * that tells why the last attempt failed goes on telling that while the next one is under way.
 */
export function isOvertaken({ metadata, status }: StoredVnic, podUid: string): boolean {
  const ready = readyOf(status);
  if (!ready || ready.reason === underWay || podReasons.includes(ready.reason)) return true;
  if (ready.observedGeneration !== (metadata.generation ?? 1)) return true;
  return ready.status === "True" && status?.pod?.uid !== podUid;
}

/** Whether the status says, of this generation, that the Vnic isn't ready. */
export function saysUnready({ metadata, status }: StoredVnic): boolean {
  if (status?.conditions.some(isPending)) return true;
  const ready = readyOf(status);
  return ready?.status === "False" && ready.observedGeneration === (metadata.generation ?? 1);
}

/** The status while the attempt is under way. The NIC stays attached if it is in that pod. */
export function attemptStatus(record: StoredVnic, podUid: string, message: string, now: Date): VnicStatus {
  const attached = record.status?.pod?.uid === podUid;
  return failedStatus(record, { reason: underWay, message, attached }, now);
}

/** The status from before an attempt that changed nothing, for the record as it was written back. */
export function restoredStatus(
  { metadata, status }: StoredVnic,
  { metadata: now }: StoredVnic,
): VnicStatus | undefined {
  if (!status) return undefined;
  const renew = <T extends { readonly observedGeneration?: number }>(one: T) => {
    const observedGeneration = one.observedGeneration === metadata.generation ? now.generation : one.observedGeneration;
    return present({ ...one, observedGeneration });
  };
  return { ...renew(status), conditions: status.conditions.map(renew) };
}

/** The reason in a condition for each kind of failure. */
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
