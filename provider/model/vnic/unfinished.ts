import { isVnicError } from "../../base/errors.ts";
import { valuesOf } from "../address/address.ts";
import { readHeld } from "../address/held.ts";
import type { Interface } from "../wire/session-protocol.ts";
import type { VnicState } from "./state.ts";
import { isAttemptUnderWay } from "./attempt.ts";
import { isReportedByAgent } from "./agent-status.ts";
import { claimOn, isReconcilerAtWork } from "./claim.ts";
import { readyOf } from "./pending.ts";
import { definitionInRecord, type StoredVnic } from "./record.ts";

/**
 * What an attempt that failed or was interrupted has left to do in the record, in words for a plan: its status, and the
 * release of former addresses. The NIC may be as it should be, because the node's work comes first. Undefined if
 * nothing is left to do, or if the reconciler is doing it.
 */
export function unfinishedWork(
  { known, record, live }: { known: VnicState; record: StoredVnic; live: Interface },
  now: Date,
): string | undefined {
  const { metadata, status } = record;
  if (isReconcilerAtWork(record, now)) return undefined;
  const ready = readyOf(status);
  // An attempt releases its claim last.
  if (claimOn(record) !== undefined || (ready && isAttemptUnderWay(ready)))
    return "the last attempt to attach it was interrupted";
  if (!ready) return "the record doesn't show that the NIC was attached";
  if (ready.observedGeneration !== (metadata.generation ?? 1)) return "a change of the record was not completed";
  if (ready.status !== "True") return isReportedByAgent(ready) ? undefined : `it isn't ready: ${ready.message}`;
  const needless = needlesslyHeld(record);
  if (needless.length > 0) return `the record still holds ${needless.join(", ")}`;
  const { interface: seen } = status ?? {};
  // Another MTU that was requested appears as a change of the inputs.
  if (known.mtu === undefined && seen && seen.mtu !== live.mtu)
    return `the record shows MTU ${seen.mtu} instead of ${live.mtu}`;
  return undefined;
}

/** Addresses that the record holds although its spec doesn't ask for them any more. */
function needlesslyHeld(record: StoredVnic): string[] {
  try {
    const wanted = new Set(valuesOf(definitionInRecord(record)));
    const held = new Set(readHeld(record.metadata).map(({ value }) => value));
    return [...held].filter((value) => !wanted.has(value));
  } catch (error) {
    // An older version with other rules has attached it.
    if (isVnicError(error, "invalid")) return [];
    throw error;
  }
}
