import { isVnicError } from "../base/errors.ts";
import { device, ipLine, mac as macWord } from "../model/link/ip-line.ts";
import { transitLinkName } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { isOnItsBus } from "./device.ts";
import { ipBatch, listLinks } from "./link.ts";
import type { Netns } from "./netns.ts";
import { findLowerLink } from "./parent-link.ts";
import { deleteTrialLink } from "./trial-link.ts";
import { isOn } from "./upper-links.ts";

/**
 * Whether the Vnic's link still works although it isn't in the pod's network namespace: a pod may have moved it into a
 * nested one. A device that isn't on the node either is hidden; one without hardware may also have been deleted, but
 * not if the pod has links on it. A macvlan is hidden if its parent refuses a second link with the same MAC.
 */
export async function isHidden({ vnic: { uid }, step, definition, link }: ResourceFile, pod: Netns): Promise<boolean> {
  const { network, mac, placement } = definition;
  // The link has never been in the pod.
  if (step === "creating" && placement !== "direct") return false;
  const links = await listLinks("node");
  if (network.mode === "host-device") {
    const former = link?.former;
    if (former?.bus === undefined) return (await listLinks(pod)).some((one) => isOn(link?.index, one));
    return !links.some((one) => isOnItsBus(one, former));
  }
  if (network.mode !== "macvlan" && network.mode !== "macvlan-private") return false;
  const name = transitLinkName(uid);
  try {
    const from = findLowerLink(network, links);
    if (!from?.up) return false;
    await ipBatch("node", [
      ipLine`link add link ${device(from.name)} name ${device(name)} address ${macWord(mac)} type macvlan mode private`,
      ipLine`link set dev ${device(name)} addrgenmode none up`,
    ]);
    return false;
  } catch (error) {
    if (!isVnicError(error, "failed", "refused")) throw error;
    return /Address already in use/.test(error.message);
  } finally {
    await deleteTrialLink(name);
  }
}
