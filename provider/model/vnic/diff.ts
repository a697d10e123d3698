import type { Definition } from "./definition.ts";
import { compareLinks } from "../network/reference.ts";
import { compare } from "../schema/known.ts";

/** What a changed property means for the NIC: changed where it is, or taken away and made again. */
export type Consequence = "update" | "replace" | "nothing";

const consequences: Record<keyof Definition, Consequence> = {
  name: "replace",
  pod: "replace",
  network: "replace",
  mac: "replace",
  interfaceName: "replace",
  addresses: "update",
  dhcp: "update",
  slaac: "update",
  mtu: "update",
  duplicateAddressDetection: "update",
  routes: "update",
  gateways: "update",
  replyVia: "update",
  defaultRoute: "update",
  labels: "update",
  deletionPolicy: "update",
  deadlines: "update",
  // Says how to begin, and nothing about the NIC.
  adopt: "nothing",
  // Changes with an alias or another parent, and says nothing about the NIC.
  declaredBy: "nothing",
};

/** What a change of the property means; undefined for what isn't a property of a Vnic. */
export function consequenceOf(property: string): Consequence | undefined {
  return Object.hasOwn(consequences, property) ? consequences[property as keyof Definition] : undefined;
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
  for (const property of Object.keys(consequences) as (keyof Definition)[]) {
    const consequence = consequences[property];
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
