import { isVnicError, messageOf, VnicError } from "../base/errors.ts";
import { device, ipLine } from "../model/link/ip-line.ts";
import { hostSideName } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Association } from "../model/wire/session-protocol.ts";
import { deleteLinks, ipBatch, type Link, listLinks } from "./link.ts";
import type { Netns } from "./netns.ts";
import { findLowerLink } from "./parent-link.ts";
import { isVnics, knownLinkOf, ownLink } from "./own-link.ts";
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

/** The indexes of the pod's other links on the parent of the Vnic's link, as far as they aren't marked as a Vnic's. */
export function linksBeside(own: Link, podLinks: readonly Link[]): number[] {
  const beside = podLinks.filter((link) => link.index !== own.index && !isVnics(link) && isOn(own.lowerIndex, link));
  return beside.flatMap(({ index = [] }) => index);
}

/**
 * The indexes of the links on parents outside of the pod that it has before the Vnic's link comes there, such as those of
 * CNI plugins. What the pod has made on the parent of another Vnic isn't among them: it would outlive both Vnics.
 */
export async function linksBefore(uid: string, podLinks: readonly Link[], association: Association): Promise<number[]> {
  const there = podLinks.filter((link) => isOn(link.lowerIndex, link) && !isVnics(link));
  if (there.length === 0) return [];
  const others = (await filesOf(association)).flatMap((file) => {
    const own = file.vnic.uid === uid ? undefined : ownLink(podLinks, file.vnic.uid, knownLinkOf(file, association));
    const beside = file.link?.beside;
    return own && beside ? [{ own, beside }] : [];
  });
  const isAllowed = (link: Link) =>
    others.every(({ own, beside }) => link === own || !isOn(own.lowerIndex, link) || beside.includes(link.index ?? 0));
  return there.filter(isAllowed).flatMap(({ index = [] }) => index);
}

/** The resource files of all Vnics in a pod's network namespace. */
async function filesOf(association: Association): Promise<ResourceFile[]> {
  return (await listResourceFiles()).filter((file) => isSameNetns(file.association, association));
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
  const others = (await filesOf(file.association)).filter(({ vnic }) => vnic.uid !== file.vnic.uid);
  const theirs = others.map((other) => ownLink(podLinks, other.vnic.uid, knownLinkOf(other, other.association)));
  return found.filter((link) => !theirs.includes(link));
}

/** How often to delete what a pod goes on making. */
const rounds = 8;

/**
 * Deletes links in a pod until `find` finds none that has its lower link outside of the pod. The pod may have renamed or
 * deleted links during a former deletion, or made others: each link on a parent is enough to make the next one.
 *
 * @param failure Why a former deletion failed.
 */
export async function deleteRest(
  pod: Netns,
  find: (podLinks: readonly Link[]) => Promise<readonly Link[]>,
  failure?: string,
): Promise<void> {
  let reason = failure;
  for (let round = 0; ; round++) {
    const left = (await find(await listLinks(pod))).filter(({ lowerNetns }) => lowerNetns !== undefined);
    if (left.length === 0) return;
    if (round === rounds) {
      const words = reason === undefined ? "" : `: ${reason}`;
      throw new VnicError(
        "failed",
        `links on the NIC's parent, such as ${JSON.stringify(left[0]?.name)}, are still there or there again after ${rounds} deletions; delete the pod${words}`,
      );
    }
    reason = await deleteLinks(pod, left).then(() => undefined, messageOf);
  }
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
