import { VnicError } from "../base/errors.ts";
import { settingSteps } from "../model/link/device-settings.ts";
import { quarantineSteps, releaseSteps, restoreSteps, moveBackSteps } from "../model/link/link-steps.ts";
import { transitLinkName } from "../model/names.ts";
import { parentForm } from "../model/schema/fields.ts";
import type { Former, ResourceFile } from "../model/wire/resource-file.ts";
import { removeAltnames, setAltnames } from "./altnames.ts";
import { restoreSysctls } from "./device-sysctls.ts";
import { deleteLink, ipBatch, type Link, listLinks } from "./link.ts";
import { runIn } from "./netns.ts";
import { isMarked, ownLinks, knownLinkOf } from "./own-link.ts";
import { refuseUppers } from "./upper-links.ts";
import { removePrograms } from "./xdp.ts";

/*
 * Returns a device (mode host-device) to the node. The resource file holds its former state. A pod can swap names and
 * aliases of its links until the last moment, so what has arrived on the node is compared with the file before it is
 * used.
 */

/**
 * The pod's links that may be the device, the most likely first. `nodeLinks` serve to exclude the pod's own veths,
 * whose peer may have the device's index.
 */
export function findDevices(links: readonly Link[], file: ResourceFile, nodeLinks: readonly Link[]): Link[] {
  const former = file.link?.former;
  const { index } = knownLinkOf(file, file.association);
  const known = ownLinks(links, file.vnic.uid, { index });
  if (!former) return known.filter(({ alias }) => isMarked(alias, file.vnic.uid));
  const isIdentifiable = former.bus !== undefined || former.peerIndex !== undefined;
  const isOwnNic = (link: Link) => former.peerNetns !== undefined && hasPeer(link, nodeLinks);
  const others = links.filter((link) => isIdentifiable && !isOwnNic(link));
  return [...new Set([...known, ...others])].filter((link) => mayBeDevice(link, former));
}

/** Whether a pod's link of kind veth has its peer among the node's links. */
function hasPeer({ index, peerIndex }: Link, nodeLinks: readonly Link[]): boolean {
  return nodeLinks.some((end) => end.kind === "veth" && end.index === peerIndex && end.peerIndex === index);
}

/** Whether a link can be the device, as far as the link's own network namespace shows. */
function mayBeDevice({ bus, kind, peerIndex, permanentMac }: Link, former: Former): boolean {
  const isOtherPort =
    permanentMac !== undefined && former.permanentMac !== undefined && permanentMac !== former.permanentMac;
  return (
    bus === former.bus &&
    kind === former.kind &&
    !isOtherPort &&
    (former.peerIndex === undefined || peerIndex === former.peerIndex)
  );
}

/**
 * Moves the device back to the node and restores its former state. Returns false if the link turned out not to be the
 * device.
 */
export async function bringBack(pod: { readonly path: string }, link: Link, file: ResourceFile): Promise<boolean> {
  const { uid } = file.vnic;
  const former = file.link?.former;
  // The device couldn't move with a name that another link of the node has. Its own former names can only be given back on
  // the node, because the pod may have given them to other links.
  if (former?.altnames) await removeAltnames(pod, link, former.altnames);
  await ipBatch(pod, moveBackSteps(uid, link, process.pid));
  const arrived = (await listLinks("node")).find(({ name }) => name === transitLinkName(uid));
  if (!arrived) throw new VnicError("failed", `the device was gone just after it had come back to the node`);
  if (!former || isDevice(arrived, former)) {
    await restore(arrived, file);
    return true;
  }
  await removeImpostor(arrived, pod);
  return false;
}

/** Whether a link on the node is the device. */
function isDevice(link: Link, former: Former): boolean {
  return mayBeDevice(link, former) && link.peerNetns === former.peerNetns;
}

/**
 * Handles a link that the pod had put in the device's place: a virtual link is deleted, another Vnic's device is moved
 * back.
 */
async function removeImpostor(link: Link, pod: { readonly path: string }): Promise<void> {
  if (link.bus === undefined) return deleteLink("node", link);
  await runIn("node", "ip", ["link", "set", "dev", link.name, "netns", pod.path]);
}

/**
 * Finds the device on the node if its former state hasn't been restored yet. A device without hardware comes back only
 * under its transit name; other links of its kind are the node's own, and so are the other ports of a card.
 */
export function findReturned(nodeLinks: readonly Link[], file: ResourceFile): Link | undefined {
  const former = file.link?.former;
  const { uid } = file.vnic;
  const marked = ownLinks(nodeLinks, uid);
  if (!former) return marked[0];
  const onBus = nodeLinks.filter((link) => isOnItsBus(link, former));
  return [...marked, ...onBus].find((link) => isDevice(link, former) && !isAsBefore(link, former, uid));
}

/** Whether a link of the node is on the device's bus address, and not another port of its card. */
export function isOnItsBus({ bus, name }: Link, { bus: its, siblings = [] }: Former): boolean {
  return its !== undefined && bus === its && !siblings.includes(name);
}

/** Whether nothing is left of the time in the pod, which can make a device look much like before. */
function isAsBefore({ name, mac, mtu, up, alias, settings, hasProgram }: Link, former: Former, uid: string): boolean {
  const isSame = name === former.name && mac === former.mac && mtu === former.mtu && up === former.up;
  const isSet =
    !former.settings || (settings !== undefined && settingSteps(former.name, settings, former.settings).length === 0);
  return isSame && isSet && !former.sysctls && !hasProgram && !isMarked(alias, uid);
}

/**
 * Restores a device on the node. If no file holds its former state, it stays down until an administrator looks at it.
 */
export async function restore(link: Link, file: ResourceFile): Promise<void> {
  const former = file.link?.former;
  await removePrograms(link);
  if (former) {
    await refuseUppers(link, file.vnic.uid);
    if (former.altnames) await setAltnames("node", link, former.altnames);
    await ipBatch("node", restoreSteps(file.vnic.uid, link, former));
    await restoreSysctls(former);
    return ipBatch("node", releaseSteps(former));
  }
  const { parent } = file.definition.network;
  const isTaken = (await listLinks("node")).some(({ name }) => name === parent);
  const name = parentForm(parent) === "name" && link.bus !== undefined && !isTaken ? parent : link.name;
  console.error(`Vnic ${file.vnic.uid}: device ${name} is back on the node, down: its file is of an earlier version`);
  return ipBatch("node", quarantineSteps(link, name));
}
