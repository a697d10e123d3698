import { isVnicError } from "../base/errors.ts";
import { device, ipLine, mac as macWord } from "../model/link/ip-line.ts";
import { carrierSysctls } from "../model/link/link-steps.ts";
import { transitLinkName } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { isOnItsBus } from "./device.ts";
import { ipBatch, ipRows, type Link, listLinks } from "./link.ts";
import type { Netns } from "./netns.ts";
import { findLowerLink } from "./parent-link.ts";
import { setSysctls } from "./sysctl.ts";
import { deleteTrialLink } from "./trial-link.ts";
import { isOn } from "./upper-links.ts";

/**
 * Whether another link than the Vnic's may have been deleted in the pod, which can give one of its own links the index,
 * alias and MAC of a macvlan that it has moved to a nested network namespace. The kernel lets only one link of a parent be
 * up with a MAC.
 */
export async function isDoubtful(deleted: Link | undefined, file: ResourceFile, pod: Netns): Promise<boolean> {
  if (!isMacvlan(file)) return false;
  const isPlain = deleted?.up === true && deleted.mac === file.definition.mac && deleted.lowerNetns !== undefined;
  return !isPlain || mayHaveMovedLink(file, pod);
}

/**
 * Whether the pod may have moved a macvlan to a nested network namespace, to which the kernel gives an ID then. The pod
 * always has an ID for the node's.
 */
export async function mayHaveMovedLink(file: ResourceFile, pod: Netns): Promise<boolean> {
  if (!isMacvlan(file)) return false;
  const ids = await ipRows<{ nsid?: number }>(pod, ["-j", "netns", "list-id"]);
  return new Set(ids.flatMap(({ nsid }) => nsid ?? [])).size > 1;
}

function isMacvlan({ definition: { network } }: ResourceFile): boolean {
  return network.mode === "macvlan" || network.mode === "macvlan-private";
}

/**
 * Whether the Vnic's link still works although it isn't in the pod's network namespace: a pod may have moved it into a
 * nested one. A device that isn't on the node either is hidden; one without hardware may also have been deleted, but
 * not if the pod has links on it. A macvlan is hidden if its parent refuses a second link with the same MAC.
 */
export async function isHidden(file: ResourceFile, pod: Netns): Promise<boolean> {
  const { vnic, step, definition, link } = file;
  const { network, mac, placement } = definition;
  // The link has never been in the pod.
  if (step === "creating" && placement !== "direct") return false;
  const links = await listLinks("node");
  if (network.mode === "host-device") {
    const former = link?.former;
    if (former?.bus === undefined) return (await listLinks(pod)).some((one) => isOn(link?.index, one));
    return !links.some((one) => isOnItsBus(one, former));
  }
  if (!isMacvlan(file)) return false;
  const name = transitLinkName(vnic.uid);
  try {
    const from = findLowerLink(network, links);
    if (!from?.up) return false;
    await ipBatch("node", [
      ipLine`link add link ${device(from.name)} name ${device(name)} address ${macWord(mac)} type macvlan mode private`,
    ]);
    await setSysctls("node", carrierSysctls(name));
    await ipBatch("node", [ipLine`link set dev ${device(name)} addrgenmode none up`]);
    return false;
  } catch (error) {
    if (!isVnicError(error, "failed", "refused")) throw error;
    return /Address already in use/.test(error.message);
  } finally {
    await deleteTrialLink(name);
  }
}
