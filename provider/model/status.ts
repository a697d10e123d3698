import { isDeepStrictEqual } from "node:util";
import type { RunningPod } from "./pod.ts";
import type { StoredVnic } from "./record.ts";
import type { Lease } from "./lease.ts";
import type { InjectResult, Interface } from "./session-protocol.ts";

/** What is really there of a Vnic, as last seen. Without `node`, `pod` and `interface` it is realised nowhere. */
export interface VnicStatus {
  readonly node?: string;
  readonly pod?: {
    readonly name: string;
    readonly uid: string;
    readonly sandboxId: string;
    /** A container of the pod that ran at that time. While it runs, the sandbox is still that one. */
    readonly containerId?: string;
  };
  readonly interface?: Interface;
  readonly lease?: Lease;
  readonly conditions: readonly Condition[];
}

/**
 * A Kubernetes condition (`metav1.Condition`). `Attached`: the NIC is in its pod; `LeaseBound`: with an address from DHCP,
 * if it is to have one; `Ready`: and all is as the spec says.
 * Other types belong to others, who keep them by a field manager of their own.
 */
export interface Condition {
  readonly type: "Ready" | "Attached" | "LeaseBound";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

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
): VnicStatus {
  const so = attached(live, pod.name, node);
  return {
    node,
    pod: { name: pod.name, uid: pod.uid, sandboxId, containerId },
    interface: live,
    ...(lease ? { lease } : {}),
    conditions: [
      condition(record, { type: "Ready", ...so }, now),
      condition(record, { type: "Attached", ...so }, now),
      ...(lease ? [condition(record, { type: "LeaseBound", ...bound(lease) }, now)] : []),
    ],
  };
}

/** The status after a change of the lease: with the one that there is, or without one, and why. */
export function leaseStatus(before: VnicStatus, live: Interface, lease: Lease | string, now: Date): VnicStatus {
  const { lease: _, ...rest } = before;
  const generation = before.conditions.find(({ type }) => type === "Ready")?.observedGeneration;
  const record = { metadata: generation === undefined ? {} : { generation }, status: before };
  const lost = typeof lease === "string";
  const so = lost
    ? ({ status: "False", reason: leaseLost, message: lease } as const)
    : attached(live, before.pod?.name ?? "", before.node ?? "");
  // What else keeps it from being ready is none of the lease's business.
  const others = before.conditions.filter(({ type, reason }) => {
    if (type === "Ready") return !lost && !["Attached", leaseLost].includes(reason);
    return type === "Attached";
  });
  const ready = others.some(({ type }) => type === "Ready") ? [] : [condition(record, { type: "Ready", ...so }, now)];
  const binding = condition(record, { type: "LeaseBound", ...(lost ? so : bound(lease)) }, now);
  return {
    ...rest,
    interface: live,
    ...(lost ? {} : { lease }),
    conditions: [...ready, ...others, binding],
  };
}

const leaseLost = "LeaseLost";

function attached({ name }: Interface, pod: string, node: string) {
  return { status: "True", reason: "Attached", message: `${name} is up in pod ${pod} on node ${node}` } as const;
}

function bound({ address, server }: Lease) {
  return { status: "True", reason: "Bound", message: `${address} of DHCP server ${server}` } as const;
}

/** The status of a Vnic that is in no pod, or is there but not as the spec says: `attached` tells. */
export function failedStatus(
  record: StoredVnic,
  { reason, message, attached }: { reason: string; message: string; attached: boolean },
  now: Date,
): VnicStatus {
  const so = { status: "False", reason, message } as const;
  const ready = condition(record, { type: "Ready", ...so }, now);
  const before = record.status?.conditions.find(({ type, status }) => type === "Attached" && status === "True");
  if (attached && before) return { ...record.status, conditions: [ready, before] };
  return { conditions: [ready, condition(record, { type: "Attached", ...so }, now)] };
}

/** Whether the record's status says all that this one does. */
export function saysAlready({ status }: StoredVnic, wanted: VnicStatus): boolean {
  const words = ({ type, status, reason, message, observedGeneration }: Condition) =>
    [type, status, reason, message, observedGeneration].join("\n");
  const said = new Set(status?.conditions.map(words));
  return (
    isDeepStrictEqual([status?.node, status?.pod], [wanted.node, wanted.pod]) &&
    wanted.conditions.every((one) => said.has(words(one)))
  );
}

/** Keeps the time since when it has been so. */
function condition(
  { metadata, status }: { readonly metadata: { readonly generation?: number }; readonly status?: VnicStatus },
  so: Pick<Condition, "type" | "status" | "reason" | "message">,
  now: Date,
): Condition {
  const before = status?.conditions.find((one) => one.type === so.type && one.status === so.status);
  return {
    ...so,
    lastTransitionTime: before?.lastTransitionTime ?? now.toISOString(),
    observedGeneration: metadata.generation ?? 1,
  };
}
