import type { Trouble } from "../model/vnic/agent-status.ts";
import { messageOf } from "../base/errors.ts";
import { hostSideName } from "../model/names.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { findParent, findTagged } from "../node/parent-link.ts";
import type { Link } from "../node/link.ts";

/** The findings of a check of the path from the node's NIC to a Vnic's NIC. */
export interface PathFindings {
  readonly nodeLinks: readonly Link[];
  /** The Vnic's link in its pod at the last check. */
  readonly nic: Link | undefined;
  /** Whether the parent was replaced by a new interface since the Vnic's link disappeared. */
  readonly isParentReplaced: boolean;
}

/**
 * The Vnic's parent link on the node. Undefined if it is gone, or if the mode is host-device and the device itself is
 * in the pod.
 */
export function parentOf({ network }: ResourceFile["definition"], nodeLinks: readonly Link[]): Link | undefined {
  return network.mode === "host-device" ? undefined : attempt(() => findParent(network.parent, nodeLinks)).value;
}

/** The reason why the Vnic has no connection to its network; undefined if it has one. */
export function findTrouble(
  { vnic: { uid }, definition: { network, interfaceName }, association: { pod } }: ResourceFile,
  { nodeLinks, nic, isParentReplaced: remade }: PathFindings,
): Trouble | undefined {
  const attached = nic !== undefined;
  const trouble = (reason: Trouble["reason"], message: string) => ({ reason, message, attached });
  const missing = () => trouble("InterfaceMissing", `${interfaceName} is gone from pod ${pod.name}`);
  if (network.mode === "host-device") {
    if (!nic) return missing();
    return nic.up && !nic.carries ? trouble("ParentDown", `${nic.name} in pod ${pod.name} has no carrier`) : undefined;
  }
  const { value: parent, error } = attempt(() => findParent(network.parent, nodeLinks));
  if (!parent) return trouble("ParentMissing", error ?? "");
  const tagged = network.vlan === undefined ? undefined : findTagged(parent.name, network.vlan, nodeLinks);
  for (const link of tagged ? [parent, tagged] : [parent]) {
    if (!link.up) return trouble("ParentDown", `${link.name} on the node is down`);
    if (!link.carries) return trouble("ParentDown", `${link.name} on the node has no carrier`);
  }
  if (!nic) return remade ? withCause(missing(), `${parent.name} on the node was recreated`) : missing();
  const port = nodeLinks.find(({ name }) => name === hostSideName(uid));
  if (network.mode !== "bridge") return undefined;
  if (port?.master !== parent.name)
    return trouble("PortMissing", `the node's end of ${nic.name} is no port of ${parent.name}`);
  return port.isClosed
    ? trouble(
        "PortClosed",
        `${parent.name} on the node has closed its port of ${nic.name}, as the pod has sent a message of the spanning tree protocol; stop that, and take ${nic.name} down and up`,
      )
    : undefined;
}

function withCause(trouble: Trouble, cause: string): Trouble {
  return { ...trouble, message: `${trouble.message}: ${cause}` };
}

function attempt<T>(find: () => T): { readonly value?: T; readonly error?: string } {
  try {
    return { value: find() };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
