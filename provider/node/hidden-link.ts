import { isVnicError } from "../base/errors.ts";
import { device, ipLine, mac as macWord } from "../model/link/ip-line.ts";
import { transitLinkName } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { findParent, findTagged } from "./parent-link.ts";
import { deleteLink, ipBatch, listLinks } from "./link.ts";

/**
 * Whether a link that is neither in the pod's network namespace nor on the node serves all the same: a pod may take it to a
 * namespace within its own. A device is either here or there. A macvlan's parent takes no second one with the same MAC.
 */
export async function isHidden({ vnic: { uid }, step, definition, link }: ResourceFile): Promise<boolean> {
  const { network, mac } = definition;
  if (step === "creating" || step === "moving") return false;
  const links = await listLinks("node");
  if (network.mode === "host-device") {
    const { bus } = link?.former ?? {};
    return bus !== undefined && !links.some((one) => one.bus === bus);
  }
  if (network.mode !== "macvlan" && network.mode !== "macvlan-private") return false;
  const name = transitLinkName(uid);
  try {
    const parent = findParent(network.parent, links);
    const from = network.vlan === undefined ? parent : findTagged(parent.name, network.vlan, links);
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
    const made = (await listLinks("node")).find((one) => one.name === name && one.kind === "macvlan");
    if (made) await deleteLink("node", made);
  }
}
