import { VnicError } from "../base/errors.ts";
import { parkSteps, restoreSteps, sendBackSteps } from "../model/link/link-steps.ts";
import { transitLinkName } from "../model/names.ts";
import { parentForm } from "../model/schema/fields.ts";
import type { Former, ResourceFile } from "../model/wire/resource-file.ts";
import { deleteLink, ipBatch, type Link, listLinks } from "./link.ts";
import { runIn } from "./netns.ts";
import { isMarked, ownLinks, signOf } from "./own-link.ts";

/*
 * The way back of a device of the node (mode host-device). What it is to be again comes from the resource file. A pod may swap
 * names and marks of its links until the last moment, so what has arrived on the node is compared with the file before it is
 * used for anything.
 */

/** Links of the pod that may be the device: those that the kernel says are, or else those that bear the Vnic's mark. */
export function findDevices(links: readonly Link[], file: ResourceFile): Link[] {
  const former = file.link?.former;
  const certain = links.filter(
    (link) =>
      former !== undefined &&
      (former.bus !== undefined ? link.bus === former.bus : former.peerIndex !== undefined && isAlike(link, former)),
  );
  const { index } = signOf(file, file.association);
  const marked = ownLinks(links, file.vnic.uid, { index }).filter((link) =>
    former === undefined ? isMarked(link.alias, file.vnic.uid) : isAlike(link, former),
  );
  return [...new Set([...certain, ...marked])];
}

/** Whether a link in whatever namespace can be the device, as far as that namespace shows it. */
function isAlike({ bus, kind, peerIndex }: Link, former: Former): boolean {
  return (
    bus === former.bus && kind === former.kind && (former.peerIndex === undefined || peerIndex === former.peerIndex)
  );
}

/** Brings the device back to the node, and makes it what it was; answers whether that was the device. */
export async function bringBack(pod: { readonly path: string }, link: Link, file: ResourceFile): Promise<boolean> {
  const { uid } = file.vnic;
  const former = file.link?.former;
  await ipBatch(pod, sendBackSteps(uid, link, process.pid));
  const arrived = (await listLinks("node")).find(({ name }) => name === transitLinkName(uid));
  if (!arrived) throw new VnicError("failed", `the device was gone just after it had come back to the node`);
  if (!former || isDevice(arrived, former)) {
    await restore(arrived, file);
    return true;
  }
  await expel(arrived, pod);
  return false;
}

/** Whether a link on the node is the device. */
function isDevice(link: Link, former: Former): boolean {
  return isAlike(link, former) && link.peerNetns === former.peerNetns;
}

/** A link that the pod had put in the device's place: one without hardware is nobody's, another device is another Vnic's. */
async function expel(link: Link, pod: { readonly path: string }): Promise<void> {
  if (link.bus === undefined) return deleteLink("node", link);
  await runIn("node", "ip", ["link", "set", "dev", link.name, "netns", pod.path]);
}

/** The device on the node that isn't yet what it was, if there is one. */
export function findReturned(nodeLinks: readonly Link[], file: ResourceFile): Link | undefined {
  const former = file.link?.former;
  const { uid } = file.vnic;
  if (!former) return ownLinks(nodeLinks, uid)[0];
  return nodeLinks.find((link) => isDevice(link, former) && !isAsBefore(link, former, uid));
}

function isAsBefore({ name, mac, mtu, up, alias }: Link, former: Former, uid: string): boolean {
  return name === former.name && mac === former.mac && mtu === former.mtu && up === former.up && !isMarked(alias, uid);
}

/** Makes a device on the node what it was; one of which no file says that stays down until somebody looks at it. */
export async function restore(link: Link, file: ResourceFile): Promise<void> {
  const former = file.link?.former;
  if (former) return ipBatch("node", restoreSteps(link, former));
  const { parent } = file.definition.network;
  const isTaken = (await listLinks("node")).some(({ name }) => name === parent);
  const name = parentForm(parent) === "name" && link.bus !== undefined && !isTaken ? parent : link.name;
  console.error(`Vnic ${file.vnic.uid}: device ${name} is back on the node, down: its file is of an earlier version`);
  return ipBatch("node", parkSteps(link, name));
}
