import { isDeepStrictEqual } from "node:util";
import type { RunningPod } from "../kubernetes/pod.ts";
import type { Condition, PublishedEntry, VnicStatus } from "./conditions.ts";
import { isPending, pendingStatus } from "./pending.ts";
import type { StoredVnic } from "./record.ts";
import { truncate } from "../../base/quote.ts";
import { maxLength } from "../schema/bounds.ts";
import type { Lease } from "../lease/lease.ts";
import type { InjectResult, Interface } from "../wire/session-protocol.ts";

/** The status of a Vnic that is in its pod. */
export function attachedStatus(
  record: StoredVnic,
  { node, containerId }: RunningPod,
  {
    association: { pod, sandboxId },
    interface: live,
    lease,
  }: Pick<InjectResult, "association" | "interface" | "lease">,
  now: Date,
  { networkStatus, addressClaims = [] }: Pick<VnicStatus, "networkStatus" | "addressClaims"> = {},
): VnicStatus {
  const outcome = attached(live, pod.name, node);
  return {
    observedGeneration: generationOf(record),
    recordUid: record.metadata.uid,
    node,
    pod: { name: pod.name, uid: pod.uid, sandboxId, containerId },
    interface: live,
    ...(lease ? { lease } : {}),
    ...(addressClaims.length > 0 ? { addressClaims } : {}),
    ...(networkStatus ? { networkStatus } : {}),
    conditions: [
      condition(record, { type: "Ready", ...outcome }, now),
      condition(record, { type: "Attached", ...outcome }, now),
      ...(lease ? [condition(record, { type: "LeaseBound", ...bound(lease) }, now)] : []),
    ],
  };
}

/** The current status with the entry that is about to be written to the pod's annotation. */
export function announcedStatus({ status }: StoredVnic, networkStatus: PublishedEntry): VnicStatus {
  return { ...(status ?? pendingStatus), networkStatus };
}

export function attached({ name }: Pick<Interface, "name">, pod: string, node: string) {
  return { status: "True", reason: "Attached", message: `${name} is up in pod ${pod} on node ${node}` } as const;
}

export function bound({ address, server }: Lease) {
  return { status: "True", reason: "Bound", message: `${address} of DHCP server ${server}` } as const;
}

/** The status of a Vnic that isn't in a pod, or is but doesn't match the spec, as `attached` says. */
export function failedStatus(
  record: StoredVnic,
  { reason, message, attached }: { reason: string; message: string; attached: boolean },
  now: Date,
): VnicStatus {
  const outcome = { status: "False", reason, message } as const;
  const ready = condition(record, { type: "Ready", ...outcome }, now);
  const { conditions = [] } = record.status ?? {};
  if (attached && conditions.some(({ type, status }) => type === "Attached" && status === "True"))
    return {
      ...record.status,
      ...observed(record),
      conditions: [ready, ...conditions.filter(({ type }) => type !== "Ready")],
    };
  return { ...observed(record), conditions: [ready, condition(record, { type: "Attached", ...outcome }, now)] };
}

/** The fields that every status has. The pod's annotation has its entry until it is removed there. */
function observed(record: StoredVnic): Pick<VnicStatus, "observedGeneration" | "networkStatus"> {
  const { networkStatus } = record.status ?? {};
  return { observedGeneration: generationOf(record), ...(networkStatus ? { networkStatus } : {}) };
}

function generationOf({ metadata: { generation = 1 } }: StoredVnic): number {
  return generation;
}

/** Whether the record's current status already says what `wanted` says. */
export function statusIncludes({ status }: StoredVnic, wanted: VnicStatus): boolean {
  const words = ({ type, status, reason, message, observedGeneration }: Condition) =>
    [type, status, reason, message, observedGeneration].join("\n");
  const current = new Set(status?.conditions.map(words));
  return (
    isDeepStrictEqual(
      [status?.observedGeneration, status?.node, status?.pod],
      [wanted.observedGeneration, wanted.node, wanted.pod],
    ) && wanted.conditions.every((one) => current.has(words(one)))
  );
}

/** A condition that keeps the last transition time if the status is unchanged. */
export function condition(
  { metadata, status }: { readonly metadata: { readonly generation?: number }; readonly status?: VnicStatus },
  wanted: Pick<Condition, "type" | "status" | "reason" | "message">,
  now: Date,
): Condition {
  const before = status?.conditions.find(
    (one) => one.type === wanted.type && one.status === wanted.status && !isPending(one),
  );
  return {
    ...wanted,
    message: truncate(wanted.message, maxLength.message),
    lastTransitionTime: before?.lastTransitionTime ?? now.toISOString(),
    observedGeneration: metadata.generation ?? 1,
  };
}
