import { linkAlias, transitLinkName } from "../model/names.ts";
import type { Mode } from "../model/network/mode.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Association } from "../model/wire/session-protocol.ts";
import type { Link } from "./link.ts";
import { isSameNetns } from "./sandbox.ts";

/*
 * Recognises a Vnic's link. A pod can rename its links, and remove or copy our alias, so the kernel's own data come
 * first: the link's index and kind.
 */

/** Data by which a link is recognised besides the Vnic's UID. */
export interface KnownLink {
  readonly mode?: Mode;
  /** The interface index, if the resource file has it for this network namespace. */
  readonly index?: number | undefined;
}

const kinds: Record<Mode, string | undefined> = {
  macvlan: "macvlan",
  "macvlan-private": "macvlan",
  ipvlan: "ipvlan",
  bridge: "veth",
  // A device may be of any kind.
  "host-device": undefined,
};

/** The data of a resource file about the link in the pod's network namespace. */
export function knownLinkOf(file: ResourceFile | undefined, association: Association | undefined): KnownLink {
  if (!file) return {};
  const { mode } = file.definition.network;
  const isThere = association !== undefined && isSameNetns(file.association, association);
  return { mode, ...(isThere ? { index: file.link?.index } : {}) };
}

/** Finds the Vnic's link by its index, its alias, or the transit name that it has before it gets its alias. */
export function ownLink(links: readonly Link[], uid: string, known: KnownLink = {}): Link | undefined {
  return ownLinks(links, uid, known)[0];
}

/** All links that may be the Vnic's, the most likely first. */
export function ownLinks(links: readonly Link[], uid: string, { mode, index }: KnownLink = {}): Link[] {
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

/**
 * Whether an alias is that of the Vnic. Earlier versions appended data after a comma, which is ignored because a pod
 * could have changed it.
 */
export function isMarked(alias: string | undefined, uid: string): boolean {
  return alias?.split(",")[0] === linkAlias(uid);
}

/** Whether a link has the alias of any Vnic. */
export function isVnics({ alias = "" }: Pick<Link, "alias">): boolean {
  return alias.startsWith(linkAlias(""));
}
