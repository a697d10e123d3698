import { isVnicError, VnicError } from "../base/errors.ts";
import { device, ipLine } from "../model/link/ip-line.ts";
import { hostSideName, linkAlias } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { ipBatch, type Link, listLinks } from "./link.ts";
import { findLowerLink } from "./parent-link.ts";
import { knownLinkOf, ownLink } from "./own-link.ts";
import { listResourceFiles } from "./resource-file.ts";
import { isSameNetns } from "./sandbox.ts";
import { deleteTrialLink } from "./trial-link.ts";

/*
 * Links that a pod creates on top of its NIC. If a pod creates a macvlan on a macvlan, the kernel attaches it to the
 * lower link of both, which is on the node. If a device moves to another network namespace, the kernel keeps the links
 * on it. So these links don't end with the NIC, and would leave the pod on the LAN.
 */

/** Kinds of links that are attached to the lower link of the link on which they are created. */
const sharing: readonly (string | undefined)[] = ["macvlan", "macvtap", "ipvlan", "ipvtap"];

/** Whether a link in a pod is on the link with that index in another network namespace. */
export function isOn(index: number | undefined, { kind, lowerIndex, lowerNetns }: Link): boolean {
  return index !== undefined && sharing.includes(kind) && lowerNetns !== undefined && lowerIndex === index;
}

/** The indexes of the pod's other links on the parent of the Vnic's link, which existed before the Vnic. */
export function linksBeside(own: Link, podLinks: readonly Link[]): number[] {
  const isForeign = ({ index, alias = "" }: Link) => index !== own.index && !alias.startsWith(linkAlias(""));
  return podLinks.filter((link) => isForeign(link) && isOn(own.lowerIndex, link)).flatMap(({ index = [] }) => index);
}

/**
 * The links that the pod has created on the Vnic's parent. None if the resource file doesn't list those that existed
 * before.
 */
export async function madeByPod(podLinks: readonly Link[], file: ResourceFile | undefined): Promise<Link[]> {
  const beside = file?.link?.beside;
  if (!file || !beside || !podLinks.some(({ kind, lowerNetns }) => sharing.includes(kind) && lowerNetns !== undefined))
    return [];
  const parent = await indexOfParent(file);
  const found = podLinks.filter((link) => isOn(parent, link) && !beside.includes(link.index ?? 0));
  if (found.length === 0) return [];
  const others = (await listResourceFiles()).filter(
    ({ vnic, association }) => vnic.uid !== file.vnic.uid && isSameNetns(association, file.association),
  );
  const theirs = others.map((other) => ownLink(podLinks, other.vnic.uid, knownLinkOf(other, other.association)));
  return found.filter((link) => !theirs.includes(link));
}

async function indexOfParent({ definition: { network } }: ResourceFile): Promise<number | undefined> {
  const links = await listLinks("node");
  try {
    return findLowerLink(network, links)?.index;
  } catch (error) {
    // If the parent is gone, all links on it are gone as well.
    if (!isVnicError(error, "refused")) throw error;
    return undefined;
  }
}

/** The pod's links on top of a device that is in the pod, such as VLANs. */
export function linksOn(lower: Link, podLinks: readonly Link[]): Link[] {
  return podLinks.filter(({ parent, kind }) => parent === lower.name && kind !== undefined && kind !== "veth");
}

/**
 * Refuses a device on the node that has macvlans or ipvlans in any network namespace, such as a pod's. The kernel
 * doesn't permit a passthru macvlan beside other links.
 */
export async function refuseUppers(lower: Pick<Link, "name">, uid: string): Promise<void> {
  const name = hostSideName(uid);
  await deleteTrialLink(name);
  try {
    await ipBatch("node", [
      ipLine`link add link ${device(lower.name)} name ${device(name)} type macvlan mode passthru`,
      ipLine`link del dev ${device(name)}`,
    ]);
  } catch (error) {
    await deleteTrialLink(name);
    if (!isVnicError(error, "failed", "refused")) throw error;
    if (/Invalid argument|Device or resource busy/.test(error.message))
      throw new VnicError(
        "refused",
        `device ${lower.name} has links on it in a network namespace that isn't the node's; delete the pod that has them`,
        { cause: error },
      );
    // A kernel without macvlans can't have one on the device.
    if (!/load the kernel module/.test(error.message)) throw error;
  }
}
