import { carrierSysctls, tagSteps, tagUpSteps } from "../model/link/link-steps.ts";
import { vlanAlias, vlanLinkName } from "../model/names.ts";
import type { NodeNetwork } from "../model/network/mode.ts";
import { findParent, findTagged } from "./parent-link.ts";
import { deleteLink, ipBatch, listLinks } from "./link.ts";
import { withLock } from "./lock.ts";
import { listResourceFiles } from "./resource-file.ts";
import { setSysctls } from "./sysctl.ts";

/*
 * The VLAN link on a parent, shared by all Vnics of that VLAN on a node. The first Vnic creates it, and the last one
 * deletes it.
 */

/** Creates the VLAN link if there is none; an existing one is used, regardless of its creator. */
export function ensureTagged({ parent, vlan }: NodeNetwork): Promise<void> {
  return withTagged(parent, vlan, async (name, tag) => {
    const links = await listLinks("node");
    if (findTagged(name, tag, links)) return;
    await ipBatch("node", tagSteps(name, tag));
    await setSysctls("node", carrierSysctls(vlanLinkName(name, tag)));
    await ipBatch("node", tagUpSteps(name, tag));
  });
}

/** Deletes the VLAN link if we created it and no Vnic on the node uses it any more. */
export function dropTaggedIfUnused({ parent, vlan }: NodeNetwork): Promise<void> {
  return withTagged(parent, vlan, async (name, tag) => {
    const others = await listResourceFiles();
    if (others.some(({ definition: { network } }) => network.parent === parent && network.vlan === tag)) return;
    const link = findTagged(name, tag, await listLinks("node"));
    if (link?.alias === vlanAlias) await deleteLink("node", link);
  });
}

async function withTagged(
  parent: string,
  vlan: number | undefined,
  work: (name: string, vlan: number) => Promise<void>,
): Promise<void> {
  if (vlan === undefined) return;
  const { name } = findParent(parent, await listLinks("node"));
  await withLock(vlanLinkName(name, vlan), () => work(name, vlan));
}
