import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, VnicError } from "../base/errors.ts";
import { hostSideName } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Association } from "../model/wire/session-protocol.ts";
import { bringBack, findDevices, findReturned, isOnItsBus, restore } from "./device.ts";
import { isHidden } from "./hidden-link.ts";
import { deleteLink, deleteLinks, type Link, listLinks } from "./link.ts";
import { isAlive, netnsPath, whileAlive } from "./netns.ts";
import { ownLinks, knownLinkOf } from "./own-link.ts";
import { unroute } from "./routing.ts";
import { linksOn, madeByPod } from "./upper-links.ts";

/** The data about a link to remove. */
export interface Removal {
  readonly uid: string;
  /** The node's resource file, unless it is lost. */
  readonly known: ResourceFile | undefined;
  readonly association: Association | undefined;
}

/**
 * Removes the link from the node, and from the pod's network namespace if that still exists, with its routes and rules.
 * A pod can at most block the removal of its own Vnic; the error then names the pod.
 */
export async function removeLink({ uid, known, association }: Removal): Promise<boolean> {
  const mode = known?.definition.network.mode;
  // Deleting the node's end of a veth pair deletes the other end as well, wherever it is.
  let removed = (mode === undefined || mode === "bridge") && (await removeNodeEnd(uid));
  const problems: string[] = [];
  const note = (error: unknown) => (problems.push(messageOf(error)), false);
  if (association) {
    const pod = { path: netnsPath(association.netns) };
    const inPod = (work: () => Promise<boolean>) => whileAlive(association, work, false).catch(note);
    removed = (await inPod(() => removeFromPod(pod, uid, known, association))) || removed;
    if (!known || known.definition.routing || known.definition.dhcp?.routes)
      await inPod(() => unroute(pod, uid).then(() => false));
  }
  const lives = association !== undefined && (await isAlive(association));
  const links = lives ? await listLinks("node") : await linksAfterPod(known);
  const fromNode = removeFromNode(links, uid, known);
  removed = (await (lives ? fromNode.catch(note) : fromNode)) || removed;
  const { namespace, name, uid: podUid } = association?.pod ?? {};
  const who = `pod ${namespace}/${name} (UID ${podUid})`;
  if (problems.length > 0) throw new VnicError("failed", `${who} keeps its link: ${problems.join("; ")}`);
  if (!removed && lives && known && (await isHiddenBy(association, known)))
    throw new VnicError(
      "failed",
      `${who} has taken the Vnic's link to a network namespace that the node can't see; delete the pod, and the link goes with it`,
    );
  return removed;
}

/** How long to wait until the kernel returns a device, in milliseconds. It starts with that when the pod has ended. */
const returnMilliseconds = 5_000;

/** The node's links after the pod's end; a device is among them as soon as the kernel has returned it. */
async function linksAfterPod(known: ResourceFile | undefined): Promise<Link[]> {
  const former = known?.link?.former;
  const end = Date.now() + returnMilliseconds;
  for (;;) {
    const links = await listLinks("node");
    if (former?.bus === undefined || links.some((link) => isOnItsBus(link, former)) || Date.now() > end) return links;
    await sleep(100);
  }
}

/** Whether the pod has hidden the link. The link of a pod that is just ending looks hidden until the kernel frees it. */
async function isHiddenBy(association: Association, known: ResourceFile): Promise<boolean> {
  const hidden = () => isHidden(known, { path: netnsPath(association.netns) });
  return (await whileAlive(association, hidden, false)) && isAlive(association);
}

async function removeNodeEnd(uid: string): Promise<boolean> {
  const end = (await listLinks("node")).find(({ name, kind }) => name === hostSideName(uid) && kind === "veth");
  if (end) await deleteLink("node", end);
  return end !== undefined;
}

async function removeFromPod(
  pod: { readonly path: string },
  uid: string,
  known: ResourceFile | undefined,
  association: Association,
): Promise<boolean> {
  const links = await listLinks(pod);
  if (known?.definition.network.mode === "host-device") {
    for (const link of findDevices(links, known, await listLinks("node"))) {
      await deleteLinks(pod, linksOn(link, links));
      if (await bringBack(pod, link, known)) return true;
    }
    return false;
  }
  // The pod's end of our veth pair is gone with the node's end, so a veth with our alias is the pod's own.
  const own = ownLinks(links, uid, knownLinkOf(known, association)).filter(
    (link) => isMade(link) && link.kind !== "veth",
  );
  const unwanted = [...new Set([...own, ...(await madeByPod(links, known))])];
  if (unwanted.length === 0) return false;
  const failure = await deleteLinks(pod, unwanted).then(() => undefined, messageOf);
  // A pod could have deleted one itself meanwhile, or renamed another link so that it was deleted instead.
  const left = (await listLinks(pod)).find(({ index }) => unwanted.some((one) => one.index === index));
  if (left) {
    const reason = failure === undefined ? "" : `: ${failure}`;
    throw new VnicError("failed", `its link with index ${left.index} is still there after its deletion${reason}`);
  }
  return own.length > 0;
}

/** Removes the parts of the Vnic's link on the node. */
export async function removeFromNode(
  links: readonly Link[],
  uid: string,
  known: ResourceFile | undefined,
): Promise<boolean> {
  if (known?.definition.network.mode === "host-device") {
    const device = findReturned(links, known);
    if (device) await restore(device, known);
    return device !== undefined;
  }
  const own = ownLinks(links, uid, knownLinkOf(known, undefined)).filter(isMade);
  for (const link of own) await deleteLink("node", link);
  return own.length > 0;
}

/** Whether a link is of a kind that we create, and so may delete; a device isn't. */
export function isMade({ kind = "" }: Link): boolean {
  return ["macvlan", "ipvlan", "veth"].includes(kind);
}
