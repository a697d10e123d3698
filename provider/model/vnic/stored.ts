import { type Definition, parseDefinition } from "./definition.ts";
import { VnicError } from "../../base/errors.ts";
import { definitionOf, schemaVersion, type VnicState } from "./state.ts";

/*
 * What other versions of this package have stored. This is the one place where an older shape is brought to today's: a
 * property that came later is filled in with its default, which is what the older version did; a change of what a stored
 * property means raises `schemaVersion`, and is translated here.
 */

/** State, whichever version wrote it. */
export function readState<T extends VnicState>(stored: T): T {
  refuseNewerVnic(stored);
  return filledIn(stored, defaultsOf(definitionOf(stored)));
}

export function refuseNewerVnic(stored: VnicState): void {
  refuseNewer(stored, `Vnic ${stored.pod.namespace}/${stored.name}`);
}

/** Refuses a newer shape than today's, of whatever kind of resource: it may say what this version doesn't know. */
export function refuseNewer(stored: { schemaVersion: number; providerVersion: string }, what: string): void {
  if (stored.schemaVersion <= schemaVersion) return;
  throw new VnicError(
    "invalid",
    `the state of ${what} was written by pulumi-vnic ${stored.providerVersion}; install that version or a newer one`,
  );
}

/** Inputs, whichever version checked them. */
export function readInputs<T extends Partial<Definition>>(stored: T): T {
  const { __provider: _, ...inputs } = stored as T & { __provider?: unknown };
  return filledIn(stored, defaultsOf(inputs));
}

function defaultsOf(definition: unknown): unknown {
  const parsed = parseDefinition(definition);
  return "problems" in parsed ? {} : parsed.definition;
}

/** `given`, with what it lacks from `defaults`, at any depth. */
function filledIn<T>(given: T, defaults: unknown): T {
  if (!isObject(given) || !isObject(defaults)) return given;
  const missing = Object.entries(defaults).filter(([key]) => !Object.hasOwn(given, key));
  const kept = Object.entries(given).map(([key, value]) => [key, filledIn(value, defaults[key])]);
  return Object.fromEntries([...kept, ...missing]) as T;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
