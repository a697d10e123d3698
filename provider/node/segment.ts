import { VnicError } from "../base/errors.ts";
import type { NodeNetwork } from "../model/network/mode.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import type { Link } from "./link.ts";
import { findParent } from "./parent-link.ts";

/*
 * The network that a parent leads to, by one name on this node, however the parent is given: by a subnet, its MAC or its PCI
 * address, or as a VLAN link or macvlan of another name.
 */

/** Kinds of links that are on the network of their lower link. */
const transparent: readonly (string | undefined)[] = ["macvlan", "macvtap", "ipvlan", "ipvtap"];

/** The name of the segment: the NIC itself, with the VLAN IDs on it. */
export function segmentOn({ parent, vlan }: NodeNetwork, links: readonly Link[]): string {
  const name = segmentOfLink(findParent(parent, links), links);
  return vlan === undefined ? name : `${name}.${vlan}`;
}

/** The name of the segment that a link of the node is on. */
export function segmentOfLink(link: Link, links: readonly Link[], depth = 0): string {
  const lower = links.find(({ name }) => name === link.parent);
  // The kernel limits how deep links are nested, to 8.
  if (!lower || lower === link || depth > 8) return link.name;
  if (transparent.includes(link.kind)) return segmentOfLink(lower, links, depth + 1);
  if (link.kind !== "vlan" || link.vlan === undefined) return link.name;
  return `${segmentOfLink(lower, links, depth + 1)}.${link.vlan}`;
}

/**
 * Refuses a segment on which the driver hasn't claimed the Vnic's addresses. The error names the segment, so that the driver
 * claims them there and asks again.
 */
export function refuseUnclaimed(segment: string, { segments }: Pick<InjectPlan, "segments">): void {
  if (!segments || segments.includes(segment)) return;
  const words = `the parent is ${segment} on the node, where the Vnic's addresses must be claimed as well`;
  throw new VnicError("refused", `network.parent: ${words}`, { subject: { type: "segment", name: segment } });
}
