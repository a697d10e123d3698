import type { Association, EjectPlan, EjectResult } from "../model/session-protocol.ts";
import { isVnicError } from "../model/errors.ts";
import type { Report } from "./inject.ts";
import { deleteLink, listLinks, ownLink } from "./link.ts";
import { type Netns, netnsInode, netnsPath } from "./netns.ts";
import { readResourceFile, removeResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";

/** Takes the Vnic out of the pod and off the node, wherever its link is; fine when nothing is left of it. */
export async function eject({ vnic, pod }: EjectPlan, report: Report): Promise<EjectResult> {
  const began = performance.now();
  report("removing");
  const known = await readResourceFile(vnic.uid);
  // The file may be lost while the pod still has the link.
  const place = known?.association ?? (pod && (await findSandbox(pod).catch(undefinedIfRefused)));
  const removed = await removeLink(vnic.uid, place);
  await removeResourceFile(vnic.uid);
  return { removed, steps: [{ step: "removing", milliseconds: performance.now() - began }] };
}

/** Deletes the link where it may be: in the pod's namespace, if that one still is what it was, or on the node. */
export async function removeLink(uid: string, association: Association | undefined): Promise<boolean> {
  const places: Netns[] = ["node"];
  if (association && (await netnsInode(association.netns)) === association.inode)
    places.unshift({ path: netnsPath(association.netns) });
  let removed = false;
  for (const place of places) {
    const link = ownLink(await listLinks(place), uid);
    if (!link) continue;
    await deleteLink(place, link.name);
    removed = true;
  }
  return removed;
}

function undefinedIfRefused(error: unknown): undefined {
  if (!isVnicError(error, "refused")) throw error;
}
