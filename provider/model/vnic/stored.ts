import { isObject } from "../../base/json.ts";
import { type Definition, parseDefinition } from "./definition.ts";
import { VnicError } from "../../base/errors.ts";
import { definitionOf, schemaVersion, type VnicState } from "./state.ts";

/*
 * Migrates state of other versions of this package; the only place that knows older shapes. A property that was added
 * later gets its default, which is the older version's behaviour. A change in the meaning of a stored property needs a
 * new `schemaVersion`, and is translated here.
 */

/** State as of any version, migrated to the current shape. */
export function readState<T extends VnicState>(stored: T): T {
  refuseNewer(stored, `Vnic ${stored.pod.namespace}/${stored.name}`);
  return fillIn(stored, defaultsOf(definitionOf(stored)));
}

/** Refuses state with a newer shape than this version's, of any kind of resource, because its meaning is unknown. */
export function refuseNewer(stored: { schemaVersion: number; providerVersion: string }, what: string): void {
  if (stored.schemaVersion <= schemaVersion) return;
  throw new VnicError(
    "invalid",
    `the state of ${what} was written by pulumi-vnic ${stored.providerVersion}; install that version or a newer one`,
  );
}

/** Inputs as checked by any version, migrated to the current shape. */
export function readInputs<T extends Partial<Definition>>(stored: T): T {
  return fillIn(stored, defaultsOf(stored));
}

function defaultsOf(definition: object): unknown {
  const { addresses, ...others } = definition as Partial<Definition>;
  // A program doesn't give an empty list: it leaves addresses out for DHCP.
  const parsed = parseDefinition(addresses?.length === 0 ? others : definition);
  return "problems" in parsed ? {} : parsed.definition;
}

/** `given`, completed from `defaults` at any depth. */
function fillIn<T>(given: T, defaults: unknown): T {
  if (!isObject(given) || !isObject(defaults)) return given;
  const missing = Object.entries(defaults).filter(([key]) => !Object.hasOwn(given, key));
  const kept = Object.entries(given).map(([key, value]) => [key, fillIn(value, defaults[key])]);
  return Object.fromEntries([...kept, ...missing]) as T;
}
