import { linkAlias, transitLinkName } from "../model/names.ts";
import type { Mode } from "../model/network/mode.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Association } from "../model/wire/session-protocol.ts";
import type { Link } from "./link.ts";
import { isSamePlace } from "./sandbox.ts";

/*
 * Which link is a Vnic's. A pod may rename its links, take our mark off one or put it on another, so what the kernel alone
 * decides counts first: the number of a link, and its kind.
 */

/** What is known of the link beside the Vnic's UID. */
export interface Sign {
  readonly mode?: Mode;
  /** The link's number, where the resource file tells it for this very namespace. */
  readonly index?: number | undefined;
}

const kinds: Record<Mode, string | undefined> = {
  macvlan: "macvlan",
  "macvlan-private": "macvlan",
  ipvlan: "ipvlan",
  bridge: "veth",
  // Any.
  "host-device": undefined,
};

/** What a resource file tells of the link in the pod's namespace. */
export function signOf(file: ResourceFile | undefined, association: Association | undefined): Sign {
  if (!file) return {};
  const { mode } = file.definition.network;
  const isThere = association !== undefined && isSamePlace(file.association, association);
  return { mode, ...(isThere ? { index: file.link?.index } : {}) };
}

/** The Vnic's link among others: by its number, by the mark it bears, or by the name under which it waits for its mark. */
export function ownLink(links: readonly Link[], uid: string, sign: Sign = {}): Link | undefined {
  return ownLinks(links, uid, sign)[0];
}

/** All links that may be the Vnic's, the likeliest first. */
export function ownLinks(links: readonly Link[], uid: string, { mode, index }: Sign = {}): Link[] {
  const waiting = transitLinkName(uid);
  const wanted = mode === undefined ? undefined : kinds[mode];
  const possible = links.filter(({ kind }) => wanted === undefined || kind === undefined || kind === wanted);
  const found = [
    ...possible.filter((link) => index !== undefined && link.index === index),
    ...possible.filter(({ alias }) => isMarked(alias, uid)),
    ...possible.filter(({ name }) => name === waiting),
  ];
  return [...new Set(found)];
}

/** Whether an alias is the mark of that Vnic. Earlier versions wrote more after a comma, which is nobody's word to believe. */
export function isMarked(alias: string | undefined, uid: string): boolean {
  return alias?.split(",")[0] === linkAlias(uid);
}
