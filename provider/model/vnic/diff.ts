import type { Definition } from "./definition.ts";
import { compareLinks } from "../network/reference.ts";
import type { Consequence } from "../schema/field.ts";
import { compare } from "../schema/known.ts";
import { vnicFields } from "./fields.ts";

/** What a change of the property means; undefined for what isn't a property of a Vnic. */
export function consequenceOf(property: string): Consequence | undefined {
  return Object.hasOwn(vnicFields, property) ? vnicFields[property as keyof Definition].change : undefined;
}

export interface Difference {
  readonly update: readonly (keyof Definition)[];
  readonly replace: readonly (keyof Definition)[];
}

/**
 * Compares what was applied with what is asked for now, property by property. Does no I/O.
 *
 * What isn't known yet is perhaps the same: it is planned as an update, and a replacement is planned only for what is known
 * to differ. Of a pod that isn't known yet it is known that it isn't made yet, or is made anew: that is another pod.
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
  // If the network stays the same link, its MTU and gateways can change in place.
  if (property === "network" && before !== undefined && after !== undefined)
    return compareLinks(before, after) === "different";
  return compare(applied[property], wanted[property]) === "different";
}
