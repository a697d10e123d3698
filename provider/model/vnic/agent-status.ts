import type { Lease } from "../lease/lease.ts";
import type { Interface } from "../wire/session-protocol.ts";
import { omitUndefined } from "../schema/known.ts";
import type { Condition, VnicStatus } from "./conditions.ts";
import { attached, bound, condition } from "./status.ts";

/* The node agent's changes to the status of a Vnic that is in its pod. */

/** Why a NIC has no connection to its network. */
export interface Trouble {
  readonly reason: "ParentDown" | "ParentMissing" | "InterfaceMissing" | "PortMissing" | "PortClosed";
  readonly message: string;
  /** Whether the NIC is in its pod nevertheless. */
  readonly attached: boolean;
}

/** Another host that answers for an address of the Vnic. */
export interface Rival {
  readonly host: string;
  readonly mac: string;
}

type ConditionChange = Pick<Condition, "type" | "status" | "reason" | "message">;

/** The status after a change of the lease: with the new lease, or with the reason why there is none. */
export function leaseStatus(before: VnicStatus, live: Interface, lease: Lease | string, now: Date): VnicStatus {
  const { lease: _, ...rest } = before;
  const lost = typeof lease === "string";
  const outcome = lost ? ({ status: "False", reason: "LeaseLost", message: lease } as const) : bound(lease);
  const status = { ...rest, interface: live, ...(lost ? {} : { lease }) };
  return withConditions(status, [{ type: "LeaseBound", ...outcome }], now);
}

/** The status after a change of the NIC's connection to its network, which depends on its parent on the node. */
export function connectionStatus(before: VnicStatus, trouble: Trouble | undefined, now: Date): VnicStatus {
  if (!trouble && !has(before, "Connected")) return before;
  const outcome = trouble
    ? ({ status: "False", reason: trouble.reason, message: trouble.message } as const)
    : ({ status: "True", reason: "ParentUp", message: "the NIC's parent on the node is up" } as const);
  const attachedNow = trouble && !trouble.attached ? outcome : attachedCondition(before);
  return withConditions(
    before,
    [
      { type: "Connected", ...outcome },
      { type: "Attached", ...attachedNow },
    ],
    now,
  );
}

/**
 * Status of a Vnic whose resource file was taken from its node: its NIC stays in the pod, but isn't maintained any
 * more.
 */
export function lostStatus(before: VnicStatus, now: Date): VnicStatus {
  const what = "its resource file is gone from the node";
  const record = observedIn(before);
  const conditions = before.conditions.map((one) => {
    if (one.type === "Ready")
      return condition(record, { type: "Ready", status: "False", reason: "ResourceFileMissing", message: what }, now);
    if (one.type !== "LeaseBound") return one;
    const message = `${what}, and the lease isn't renewed`;
    return condition(record, { type: "LeaseBound", status: "False", reason: "LeaseLost", message }, now);
  });
  const { lease: _, ...rest } = before;
  return { ...rest, conditions };
}

/**
 * The status after a check for other hosts with the Vnic's addresses. The Vnic keeps its addresses (RFC 5227, 2.4), so
 * it stays Ready.
 */
export function uniquenessStatus(before: VnicStatus, rival: Rival | undefined, now: Date): VnicStatus {
  if (!rival && !has(before, "AddressesUnique")) return before;
  const outcome = rival
    ? ({ status: "False", reason: "AddressConflict", message: wordsOf(rival) } as const)
    : ({ status: "True", reason: "NoConflict", message: "no other host answers for its addresses" } as const);
  return withConditions(before, [{ type: "AddressesUnique", ...outcome }], now);
}

function wordsOf({ host, mac }: Rival): string {
  return `${host} is in use by another host on the network as well, with MAC ${mac}; find out who that is`;
}

/** Whether another injection can't help: the parent is down or missing, or its bridge has closed the port. */
export function waitsForParent({ reason }: Condition): boolean {
  return reason === "ParentDown" || reason === "ParentMissing" || reason === "PortClosed";
}

/**
 * Whether the agent has written this `Ready` because the lease or the connection was lost. The agent writes it again
 * when that is back.
 */
export function isReportedByAgent({ status, reason }: Condition): boolean {
  return status === "False" && ownReasons.includes(reason);
}

/** Conditions that a Vnic needs to be ready, most important first. */
const needed: readonly Condition["type"][] = ["Connected", "LeaseBound"];
const ownReasons = [
  ...["Attached", "LeaseLost", "ParentDown", "ParentMissing", "InterfaceMissing", "PortMissing", "PortClosed"],
];

/**
 * The status with these conditions and the resulting `Ready`. A `Ready` condition that is false for another reason
 * isn't changed.
 */
function withConditions(status: VnicStatus, changes: readonly ConditionChange[], now: Date): VnicStatus {
  const [ready] = status.conditions.filter(({ type }) => type === "Ready");
  const record = observedIn(status);
  const others = status.conditions.filter(({ type }) => type !== "Ready" && changes.every((one) => one.type !== type));
  const conditions = [...others, ...changes.map((one) => condition(record, one, now))];
  if (ready && !ownReasons.includes(ready.reason)) return { ...status, conditions: [ready, ...conditions] };
  const [unmet] = needed.flatMap((type) => conditions.filter((one) => one.type === type && one.status === "False"));
  const outcome = unmet
    ? { status: "False" as const, reason: unmet.reason, message: unmet.message }
    : attachedCondition(status);
  return { ...status, conditions: [condition(record, { type: "Ready", ...outcome }, now), ...conditions] };
}

/**
 * The generation that the status was written for, in the form that `condition` needs; the agent knows no other
 * generation.
 */
function observedIn(status: VnicStatus) {
  const generation = status.conditions.find(({ type }) => type === "Ready")?.observedGeneration;
  return { metadata: omitUndefined({ generation }), status };
}

function attachedCondition({ interface: live, pod, node }: VnicStatus): Omit<ConditionChange, "type"> {
  return attached({ name: live?.name ?? "the NIC" }, pod?.name ?? "", node ?? "");
}

function has({ conditions }: VnicStatus, wanted: Condition["type"]): boolean {
  return conditions.some(({ type }) => type === wanted);
}
