import type { Definition } from "./definition.ts";
import { compareLinks } from "../network/reference.ts";
import { type Difference, differenceIn } from "../schema/difference.ts";
import type { Consequence } from "../schema/field.ts";
import { compare } from "../schema/known.ts";
import { vnicFields } from "./fields.ts";

/** The consequence of a change of the property; undefined if it isn't a property of a Vnic. */
export function consequenceOf(property: string): Consequence | undefined {
  return Object.hasOwn(vnicFields, property) ? vnicFields[property as keyof Definition].change : undefined;
}

/**
 * Compares the applied with the wanted definition. Unlike other unknown values, an unknown pod is planned as a
 * replacement, because a pod that will be created or replaced is another pod.
 */
export function difference(
  applied: Partial<Definition>,
  wanted: Partial<Definition>,
): Difference<keyof typeof vnicFields> {
  return differenceIn(vnicFields, applied, wanted, (property) => {
    if (property === "pod") return true;
    const { network: before } = applied;
    const { network: after } = wanted;
    // On the same link, the network's MTU and gateways can change in place.
    if (property === "network" && before !== undefined && after !== undefined)
      return compareLinks(before, after) === "different";
    return compare(applied[property], wanted[property]) === "different";
  });
}
