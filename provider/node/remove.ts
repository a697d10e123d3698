import { formerOf, restoreSteps, sendBackSteps } from "../model/link/link-steps.ts";
import { transitLinkName } from "../model/names.ts";
import type { Association } from "../model/wire/session-protocol.ts";
import { deleteLink, ipBatch, type Link, listLinks, ownLink } from "./link.ts";
import { type Netns, netnsInode, netnsPath } from "./netns.ts";
import { unroute } from "./routing.ts";

/**
 * Takes the link away where it may be: in the pod's namespace, if that one still is what it was, or on the node. `routed`:
 * its routes and rules as well.
 */
export async function removeLink(uid: string, association: Association | undefined, routed: boolean): Promise<boolean> {
  const places: Netns[] = ["node"];
  if (association && (await netnsInode(association.netns)) === association.inode) {
    const pod = { path: netnsPath(association.netns) };
    places.unshift(pod);
    if (routed) await unroute(pod, uid);
  }
  let removed = false;
  for (const place of places) {
    const link = ownLink(await listLinks(place), uid);
    if (!link) continue;
    await takeAway(place, link, uid);
    removed = true;
  }
  return removed;
}

/** Deletes a link that was made for the Vnic; a device goes back to the node and is what it was before. */
export async function takeAway(place: Netns, link: Link, uid: string): Promise<void> {
  const former = formerOf(link.alias);
  if (!former) return deleteLink(place, link.name);
  if (place === "node") return ipBatch("node", restoreSteps(link.name, former));
  await ipBatch(place, sendBackSteps(uid, link.name, process.pid));
  return ipBatch("node", restoreSteps(transitLinkName(uid), former));
}
