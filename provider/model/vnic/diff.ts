import { isDeepStrictEqual } from "node:util";
import type { Definition } from "./definition.ts";
import { isSameLink } from "../network/reference.ts";

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

/** Compares what was applied with what is asked for now, property by property. Does no I/O. */
export function difference(applied: Partial<Definition>, wanted: Partial<Definition>): Difference {
  const changed = (Object.keys(consequences) as (keyof Definition)[]).filter(
    (property) => !isDeepStrictEqual(applied[property], wanted[property]),
  );
  // Of a network that stays the same link, MTU and gateways can change in place.
  const { network: before } = applied;
  const sameLink = before !== undefined && wanted.network !== undefined && isSameLink(before, wanted.network);
  const consequence = (property: keyof Definition) =>
    property === "network" && sameLink ? "update" : consequences[property];
  return {
    update: changed.filter((property) => consequence(property) === "update"),
    replace: changed.filter((property) => consequence(property) === "replace"),
  };
}
