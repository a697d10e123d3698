import { unknownValue } from "../schema/known.ts";

/* The values of a plan in the form in which a reader may see them. */

/** A value that can't be shown: known only after `up`, or secret. */
export type HiddenValue = { readonly hidden: "known after up" } | { readonly hidden: "secret" };

export type PlanValue = string | number | boolean | null | HiddenValue | readonly PlanValue[];

/** The key by which the engine marks special objects, such as secrets. */
const markerKey = "4dabf18193072939515e22adb298388d";

export function isHiddenValue(value: PlanValue): value is HiddenValue {
  return typeof value === "object" && value !== null && "hidden" in value;
}

/** `Array.isArray`, typed for readonly lists. */
export function isList(value: PlanValue): value is readonly PlanValue[] {
  return Array.isArray(value);
}

/** Whether any part of the value can't be shown. */
export function hasHidden(value: PlanValue): boolean {
  return isHiddenValue(value) || (isList(value) && value.some(hasHidden));
}

/**
 * The leaves of a property by path, like `labels.team`; a list is one leaf. A secret or unknown value is replaced at
 * any depth, and ends the path.
 */
export function leavesOf(property: string, value: unknown): [path: string, value: PlanValue][] {
  if (value === undefined || value === null) return [];
  const hidden = hiddenValueOf(value);
  if (hidden || Array.isArray(value) || typeof value !== "object") return [[property, hidden ?? shownValue(value)]];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(`${property}.${key}`, item));
}

function shownValue(value: unknown): PlanValue {
  const hidden = hiddenValueOf(value);
  if (hidden) return hidden;
  if (Array.isArray(value)) return value.map(shownValue);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  // No property of a Vnic is a list of objects, so this is unexpected and isn't shown.
  return value === null || value === undefined ? null : { hidden: "secret" };
}

function hiddenValueOf(value: unknown): HiddenValue | undefined {
  if (value === unknownValue) return { hidden: "known after up" };
  // A secret in a preview, and in the engine's own format, as in exported state.
  if (value === "[secret]") return { hidden: "secret" };
  return typeof value === "object" && value !== null && markerKey in value ? { hidden: "secret" } : undefined;
}
