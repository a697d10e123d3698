import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, VnicError } from "../base/errors.ts";
import { hostSideName } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Association } from "../model/wire/session-protocol.ts";
import { bringBack, findDevices, findReturned, isOnItsBus, restore } from "./device.ts";
import { hasNetworkCard } from "./hardware.ts";
import { isDoubtful, isHidden, mayHaveMovedLink } from "./hidden-link.ts";
import { deleteLink, deleteLinks, type Link, listLinks } from "./link.ts";
import { isAlive, netnsPath, whileAlive } from "./netns.ts";
import { type KnownLink, ownLinks, knownLinkOf } from "./own-link.ts";
import { isChosenIndex } from "./link-index.ts";
import { unroute } from "./routing.ts";
import { withoutSlot } from "./slots.ts";
import { deleteRest, linksOn, madeByPod } from "./upper-links.ts";

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
  let doubtful = false;
  const problems: string[] = [];
  const note = (error: unknown) => (problems.push(messageOf(error)), false);
  if (association) {
    const pod = { path: netnsPath(association.netns) };
    const inPod = (work: () => Promise<boolean>) => whileAlive(association, work, false).catch(note);
    removed = (await inPod(() => removeFromPod(pod, uid, known, association, () => (doubtful = true)))) || removed;
    if (!known || known.definition.routing || known.definition.dhcp?.routes)
      await inPod(() => unroute(pod, uid).then(() => false));
  }
  const lives = association !== undefined && (await isAlive(association));
  const links = lives ? await listLinks("node") : await linksAfterPod(known);
  const fromNode = removeFromNode(links, uid, known);
  removed = (await (lives ? fromNode.catch(note) : fromNode)) || removed;
  if (!lives && !removed) await refuseMissingDevice(links, known);
  const { namespace, name, uid: podUid } = association?.pod ?? {};
  const who = `pod ${namespace}/${name} (UID ${podUid})`;
  if (problems.length > 0) throw new VnicError("failed", `${who} keeps its link: ${problems.join("; ")}`);
  if ((!removed || doubtful) && lives && known && (await isHiddenBy(association, known)))
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
    await withoutSlot(() => sleep(100));
  }
}

/**
 * Refuses to forget a device that hasn't come back although its pod has ended: whatever still has an open file of the
 * network namespace keeps it, such as a process of another pod. It comes back later with the settings of the pod, so its
 * former ones must not be forgotten. A device that was unplugged never comes back.
 */
async function refuseMissingDevice(nodeLinks: readonly Link[], known: ResourceFile | undefined): Promise<void> {
  const former = known?.link?.former;
  if (!known || former?.bus === undefined || known.step === "creating") return;
  if (nodeLinks.some((link) => isOnItsBus(link, former)) || !(await hasNetworkCard(former.bus))) return;
  const { namespace, name, uid } = known.association.pod;
  throw new VnicError(
    "failed",
    `device ${former.name} (${former.bus}) hasn't come back to the node, although pod ${namespace}/${name} (UID ${uid}) has ended: a process, perhaps of another pod, keeps a network namespace in which it is; end that process`,
  );
}

/**
 * How often to look for a hidden macvlan. It is only found while it is up, and it is down for a moment whenever the pod
 * moves it to another network namespace.
 */
const looks = 5;

/** Whether the pod has hidden the link. The link of a pod that is just ending looks hidden until the kernel frees it. */
async function isHiddenBy(association: Association, known: ResourceFile): Promise<boolean> {
  const pod = { path: netnsPath(association.netns) };
  const hidden = async () => {
    for (let left = (await mayHaveMovedLink(known, pod)) ? looks : 1; left > 0; left--) {
      if (await isHidden(known, pod)) return true;
      if (left > 1) await withoutSlot(() => sleep(randomInt(10, 100)));
    }
    return false;
  };
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
  onDoubt: () => void,
): Promise<boolean> {
  const links = await listLinks(pod);
  if (known?.definition.network.mode === "host-device") {
    for (const link of findDevices(links, known, await listLinks("node"))) {
      await deleteLinks(pod, linksOn(link, links));
      if (await bringBack(pod, link, known)) return true;
    }
    return false;
  }
  const ownIn = (some: readonly Link[]) => ownLinks(some, uid, knownLinkOf(known, association)).filter(isMadeInPod);
  const unwantedIn = async (some: readonly Link[]) => [...new Set([...ownIn(some), ...(await madeByPod(some, known))])];
  const [own, unwanted] = [ownIn(links), await unwantedIn(links)];
  if (unwanted.length === 0) return false;
  const failure = await deleteLinks(pod, unwanted).then(() => undefined, messageOf);
  await deleteRest(pod, unwantedIn, failure);
  if (known && (await isDoubtful(own[0], known, pod))) onDoubt();
  // If the deletion failed although the link isn't there, the pod may have moved it out of sight at that moment.
  return own.length > 0 && failure === undefined;
}

/** The pod's end of our veth pair is gone with the node's end, so a veth with our alias is the pod's own. */
function isMadeInPod(link: Link): boolean {
  return isMade(link) && link.kind !== "veth";
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
  const own = ownLinks(links, uid, knownOnNode(known)).filter(isMade);
  for (const link of own) await deleteLink("node", link);
  return own.length > 0;
}

/**
 * What a resource file says about the link if it is on the node. It keeps its index on moves, so one that a pod has sent
 * to the node is recognised whatever the pod has done to it. A small index may be one that another link has here.
 */
function knownOnNode(known: ResourceFile | undefined): KnownLink {
  const index = known?.link?.index;
  return { ...knownLinkOf(known, undefined), ...(isChosenIndex(index) ? { index } : {}) };
}

/** Whether a link is of a kind that we create, and so may delete; a device isn't. */
export function isMade({ kind = "" }: Link): boolean {
  return ["macvlan", "ipvlan", "veth"].includes(kind);
}
