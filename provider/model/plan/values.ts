import { unknownValue } from "../schema/known.ts";

/* Values of a plan as a reader may see them. */

/** A value that can't be shown: known only after `up`, or secret. */
export type Untold = { readonly untold: "known after up" } | { readonly untold: "secret" };

export type PlanValue = string | number | boolean | null | Untold | readonly PlanValue[];

/** The key by which the engine marks special objects, such as secrets. */
const markerKey = "4dabf18193072939515e22adb298388d";

export function isUntold(value: PlanValue): value is Untold {
  return typeof value === "object" && value !== null && "untold" in value;
}

/** `Array.isArray`, typed for readonly lists. */
export function isList(value: PlanValue): value is readonly PlanValue[] {
  return Array.isArray(value);
}

/** Whether any part of the value can't be shown. */
export function isHidden(value: PlanValue): boolean {
  return isUntold(value) || (isList(value) && value.some(isHidden));
}

/**
 * The leaves of a property by path, like `labels.team`; a list is one leaf. A secret or unknown value is replaced at
 * any depth, and ends the path.
 */
export function leavesOf(property: string, value: unknown): [path: string, value: PlanValue][] {
  if (value === undefined || value === null) return [];
  const untold = untoldOf(value);
  if (untold || Array.isArray(value) || typeof value !== "object") return [[property, untold ?? tell(value)]];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(`${property}.${key}`, item));
}

function tell(value: unknown): PlanValue {
  const untold = untoldOf(value);
  if (untold) return untold;
  if (Array.isArray(value)) return value.map(tell);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  // No property of a Vnic is a list of objects, so this is unexpected and isn't shown.
  return value === null || value === undefined ? null : { untold: "secret" };
}

function untoldOf(value: unknown): Untold | undefined {
  if (value === unknownValue) return { untold: "known after up" };
  // A secret in a preview, and in the engine's own format, as in exported state.
  if (value === "[secret]") return { untold: "secret" };
  return typeof value === "object" && value !== null && markerKey in value ? { untold: "secret" } : undefined;
}
