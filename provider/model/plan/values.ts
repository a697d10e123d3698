import { unknownValue } from "../schema/known.ts";

/* Values of a plan as a reader may see them. */

/** A value that isn't told: known only after `up`, or secret. */
export type Untold = { readonly untold: "known after up" } | { readonly untold: "secret" };

export type PlanValue = string | number | boolean | null | Untold | readonly PlanValue[];

/** Key by which the engine marks an object that stands for something else: a secret, above all. */
const markerKey = "4dabf18193072939515e22adb298388d";

export function isUntold(value: PlanValue): value is Untold {
  return typeof value === "object" && value !== null && "untold" in value;
}

/** `Array.isArray`, which doesn't know of lists that can't be changed. */
export function isList(value: PlanValue): value is readonly PlanValue[] {
  return Array.isArray(value);
}

/** Whether any part of the value isn't told. */
export function isHidden(value: PlanValue): boolean {
  return isUntold(value) || (isList(value) && value.some(isHidden));
}

/**
 * The leaves of a property by their paths, like `labels.team`; a list is one leaf. What is secret or not known yet is
 * replaced, wherever it stands, and ends the path.
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
  // No property of a Vnic is a list of objects; whatever it is, it isn't for this reader.
  return value === null || value === undefined ? null : { untold: "secret" };
}

function untoldOf(value: unknown): Untold | undefined {
  if (value === unknownValue) return { untold: "known after up" };
  // What a preview makes of a secret; and the engine's own form of it, as in exported state.
  if (value === "[secret]") return { untold: "secret" };
  return typeof value === "object" && value !== null && markerKey in value ? { untold: "secret" } : undefined;
}
