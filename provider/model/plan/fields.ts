import { hostOf } from "../../base/address.ts";
import { isDeepStrictEqual } from "node:util";
import { consequenceOf } from "../vnic/diff.ts";
import { appliedOf, type PlannedStep, wantedOf } from "./input.ts";
import { hasHidden, isList, leavesOf, type PlanValue } from "./values.ts";

export type Change = "create" | "update" | "replace" | "delete";

/** One changed field of a NIC. */
export interface FieldChange {
  /** Path, like `labels.team`. */
  readonly field: string;
  /** `null` if there is no value. */
  readonly old: PlanValue;
  readonly new: PlanValue;
  readonly how: "in place" | "replace" | "create" | "delete";
  /** The traffic that the change interrupts, in words. */
  readonly interrupts: string;
}

/** The changed fields of one NIC, in a fixed order; never empty, so that a reason is always shown. */
export function fieldChanges(change: Change, step: PlannedStep): FieldChange[] {
  const old = change === "create" ? {} : appliedOf(step);
  const wanted = change === "delete" ? {} : wantedOf(step);
  const properties = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].filter((property) =>
    isShown(property, change, step),
  );
  const fields = properties.flatMap((property) => {
    const before = new Map(leavesOf(property, old[property]));
    const after = new Map(leavesOf(property, wanted[property]));
    const paths = [...new Set([...before.keys(), ...after.keys()])];
    const pairs = paths.map((field) => ({ field, old: before.get(field) ?? null, new: after.get(field) ?? null }));
    const differing = pairs.filter((pair) => !isDeepStrictEqual(pair.old, pair.new));
    // A secret looks the same before and after a change; the engine says whether it changes.
    const reported = step.diffReasons?.includes(property);
    const hidden = pairs.filter((pair) => reported && !differing.includes(pair) && hasHidden(pair.new));
    return [...differing, ...hidden].map((pair) => ({
      ...pair,
      how: effectOf(change),
      interrupts: interruptionOf(change, property, pair.old, pair.new),
    }));
  });
  return [...fields.sort(byField), ...unseenChanges(change, step, fields.length > 0)];
}

/**
 * Whether to show a field. For a NIC that is created or deleted, its pod and network are in the heading already, and
 * the resource's own name is obvious.
 */
function isShown(property: string, change: Change, step: PlannedStep): boolean {
  const consequence = consequenceOf(property);
  if (change === "update" || change === "replace") return consequence === "update" || consequence === "replace";
  if (property === "name") return !step.urn.endsWith(`::${String((step.newState ?? step.oldState)?.inputs?.name)}`);
  if (property === "adopt") return wantedOf(step).adopt === true;
  return consequence !== undefined && !["pod", "network", "deadlines", "declaredBy"].includes(property);
}

/**
 * Reasons for a change other than its fields: drift, or an upgrade of the stored state. If there is no other reason, a
 * generic one.
 */
function unseenChanges(change: Change, step: PlannedStep, explained: boolean): FieldChange[] {
  const { drift } = appliedOf(step);
  const unseen = (field: string, old: PlanValue, wanted: PlanValue): FieldChange[] => [
    { field, old, new: wanted, how: effectOf(change), interrupts: interruptionOf(change, field, old, wanted) },
  ];
  if (change === "update" && Array.isArray(drift)) return unseen("drift", drift.map(String), "mended");
  if (change === "update" && step.oldState?.initErrors?.length) return unseen("state", "incomplete", "completed");
  return explained ? [] : unseen("state", null, "renewed");
}

function effectOf(change: Change): FieldChange["how"] {
  return change === "update" ? "in place" : change;
}

/** The interruption of traffic that a reader must know of before merging; matches the consequences in `diff.ts`. */
function interruptionOf(change: Change, property: string, old: PlanValue, wanted: PlanValue): string {
  switch (change) {
    case "create":
      return "none";
    case "delete":
      return "all traffic of this NIC ends";
    case "replace":
      return "all traffic of this NIC until it is back";
    case "update":
      if (property === "interfaceName" && old !== null) return pauseOfRenaming;
      return property === "addresses" ? connectionsThatEnd(old, wanted) : "none";
  }
}

/** Which kernel the node has isn't known in a preview. */
const pauseOfRenaming = "all traffic of this NIC for a moment, if the node's kernel is older than 6.2";

/**
 * Describes which connections end when addresses change: only those of removed addresses, because the link stays up and
 * new addresses are added first.
 */
function connectionsThatEnd(old: PlanValue, wanted: PlanValue): string {
  const staying = hostsOf(wanted);
  const before = hostsOf(old);
  if (!staying || !before) return "connections over removed addresses end, others stay; which ones is known after up";
  const removed = before.filter((host) => !staying.includes(host));
  return removed.length === 0 ? "none" : `connections over ${removed.join(", ")} end, others stay`;
}

/** The addresses without prefix lengths; undefined if any of them is unknown. */
function hostsOf(addresses: PlanValue): string[] | undefined {
  if (addresses === null) return [];
  if (!isList(addresses)) return undefined;
  const hosts = addresses.map((address) => (typeof address === "string" ? hostOf(address) : undefined));
  return hosts.every((host) => host !== undefined) ? hosts : undefined;
}

const order = ["addresses", "mtu", "mac", "interfaceName", "name", "pod", "network", "labels", "deadlines"];

function byField(one: FieldChange, other: FieldChange): number {
  const rank = ({ field }: FieldChange) => order.indexOf(field.split(".")[0] ?? field);
  return rank(one) - rank(other) || (one.field < other.field ? -1 : 1);
}
