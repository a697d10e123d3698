import type { Definition } from "./definition.ts";
import { compareLinks } from "../network/reference.ts";
import type { Consequence } from "../schema/field.ts";
import { compare } from "../schema/known.ts";
import { vnicFields } from "./fields.ts";

/** What a change of the property leads to; undefined if it isn't a property of a Vnic. */
export function consequenceOf(property: string): Consequence | undefined {
  return Object.hasOwn(vnicFields, property) ? vnicFields[property as keyof Definition].change : undefined;
}

export interface Difference {
  readonly update: readonly (keyof Definition)[];
  readonly replace: readonly (keyof Definition)[];
}

/**
 * Compares the applied with the wanted definition, property by property. Does no I/O. An unknown value may turn out to
 * be unchanged, so it is planned as an update; a replacement is planned only for a known difference. An exception is
 * the pod: an unknown pod is one that will be created or replaced, and so another pod.
 */
export function difference(applied: Partial<Definition>, wanted: Partial<Definition>): Difference {
  const update: (keyof Definition)[] = [];
  const replace: (keyof Definition)[] = [];
  for (const property of Object.keys(vnicFields) as (keyof Definition)[]) {
    const consequence = vnicFields[property].change;
    if (consequence === "nothing" || compare(applied[property], wanted[property]) === "same") continue;
    (consequence === "replace" && mustReplace(property, applied, wanted) ? replace : update).push(property);
  }
  return { update, replace };
}

function mustReplace(property: keyof Definition, applied: Partial<Definition>, wanted: Partial<Definition>): boolean {
  if (property === "pod") return true;
  const { network: before } = applied;
  const { network: after } = wanted;
  // On the same link, the network's MTU and gateways can change in place.
  if (property === "network" && before !== undefined && after !== undefined)
    return compareLinks(before, after) === "different";
  return compare(applied[property], wanted[property]) === "different";
}
