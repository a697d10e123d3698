import { contains } from "../base/address.ts";
import { VnicError } from "../base/errors.ts";
import { omitUndefined } from "../model/schema/known.ts";
import { parentForm } from "../model/schema/fields.ts";
import type { ParentLink } from "../model/link/link-steps.ts";
import { vlanLinkName } from "../model/names.ts";
import type { NodeNetwork } from "../model/network/mode.ts";
import type { Link } from "./link.ts";

/**
 * Resolves the parent of a network on this node. Refuses what can be seen to be impossible before anything is changed.
 */
export function resolveParent(network: NodeNetwork, nodeLinks: readonly Link[]): ParentLink {
  const parent = findParent(network.parent, nodeLinks);
  const { name, mtu } = parent;
  if (network.mode === "host-device") return { parent: name, mtu, former: formerState(parent, nodeLinks) };
  if (!parent.up) throw parentRefusal(`interface ${JSON.stringify(name)} on the node is down; bring it up first`);
  if (network.vlan === undefined || network.mode === "bridge") refusePort(parent, network, nodeLinks);
  if (network.mode === "bridge" && parent.kind !== "bridge")
    throw parentRefusal(`${name} is no bridge on the node${listed(nodeLinks.filter(({ kind }) => kind === "bridge"))}`);
  if (network.vlan === undefined) return { parent: name, mtu };
  return { parent: findTagged(name, network.vlan, nodeLinks)?.name ?? vlanLinkName(name, network.vlan), mtu };
}

/** Finds the VLAN link on a parent, whatever its name and creator: the kernel allows one per VLAN ID. */
export function findTagged(parent: string, vlan: number, links: readonly Link[]): Link | undefined {
  return links.find((link) => link.kind === "vlan" && link.parent === parent && link.vlan === vlan);
}

/** Finds the link on which a Vnic's link is made: the parent, or its VLAN link, which may be missing. */
export function findLowerLink({ parent, vlan }: NodeNetwork, links: readonly Link[]): Link | undefined {
  const found = findParent(parent, links);
  return vlan === undefined ? found : findTagged(found.name, vlan, links);
}

/** Finds the node's NIC by its name, a subnet, its MAC or its PCI address. */
export function findParent(text: string, links: readonly Link[]): Link {
  const form = parentForm(text);
  const found = links.filter((link) => matches[form](link, text));
  const [parent, ...others] = found;
  if (!parent) throw parentRefusal(`there is no interface ${absence[form](text)} on the node${listed(links)}`);
  if (others.length > 0)
    throw parentRefusal(
      `${found.map(({ name }) => name).join(" and ")} on the node both are interfaces ${absence[form](text)}; name one of them`,
    );
  return parent;
}

const matches: Record<ReturnType<typeof parentForm>, (link: Link, text: string) => boolean> = {
  name: ({ name }, text) => name === text,
  // A VLAN or macvlan link, or the bridge or bond above a port, may have the same MAC as the NIC itself, so these don't
  // count.
  mac: ({ mac, parent, kind = "" }, text) => mac === text && parent === undefined && !["bridge", "bond"].includes(kind),
  pci: ({ bus }, text) => bus === text,
  subnet: ({ addresses }, text) => addresses.some((address) => contains(text, address)),
};

const absence: Record<ReturnType<typeof parentForm>, (text: string) => string> = {
  name: (text) => JSON.stringify(text),
  mac: (text) => `with MAC ${text}`,
  pci: (text) => `at PCI address ${text}`,
  subnet: (text) => `with an address in ${text}`,
};

/** Kinds of links that claim the receive handler of their ports, so that no macvlan can be made on a port (EBUSY). */
const receiving: readonly (string | undefined)[] = ["bridge", "bond", "team", "openvswitch"];

/**
 * Refuses a port of a bridge or bond, and names the alternative. With a VLAN a port is fine, as the kernel passes
 * tagged frames to the VLAN link first.
 */
function refusePort({ name, master }: Link, { mode }: NodeNetwork, nodeLinks: readonly Link[]): void {
  const over = nodeLinks.find((link) => link.name === master);
  if (!over || !receiving.includes(over.kind)) return;
  const remedy =
    mode === "bridge" && over.kind !== "bridge"
      ? `name a bridge${listed(nodeLinks.filter(({ kind }) => kind === "bridge"))}`
      : `name ${over.name} instead`;
  const other = mode !== "bridge" && over.kind === "bridge" ? `, or use mode "bridge" with it` : "";
  throw parentRefusal(`${name} is a port of the ${over.kind} ${over.name} on the node; ${remedy}${other}`);
}

/**
 * The state to restore when the device comes back. Refuses a device that the node uses, as it moves into the pod
 * whole.
 */
function formerState(device: Link, nodeLinks: readonly Link[]): NonNullable<ParentLink["former"]> {
  const { name, mac, mtu, up, addresses, master, bus, kind, peerIndex, peerNetns } = device;
  const { permanentMac, altnames, settings } = device;
  if (name === "lo") throw parentRefusal("lo is the node's loopback; name a device that leads to a network");
  if (addresses.length > 0)
    throw parentRefusal(
      `${name} carries the node's own ${addresses.join(", ")}, so it can't move into a pod; name another`,
    );
  if (device.hasProgram)
    throw parentRefusal(
      `${name} has an XDP program on the node, which would move with it; name another, or remove the program: ip link set dev ${name} xdp off`,
    );
  if (master !== undefined) throw parentRefusal(`${name} is a port of ${master} on the node; take it out first`);
  const child = nodeLinks.find((link) => link.parent === name);
  if (child) throw parentRefusal(`${name} is the parent of ${child.name} on the node, which would end with the move`);
  const siblings = nodeLinks.filter((link) => bus !== undefined && link.bus === bus && link !== device);
  return omitUndefined({
    ...{ name, mac, mtu, up, bus, kind, peerIndex, peerNetns, settings },
    permanentMac: bus === undefined ? undefined : (permanentMac ?? mac),
    siblings: siblings.length > 0 ? siblings.map((link) => link.name) : undefined,
    altnames: [...(altnames ?? [])],
  });
}

function listed(links: readonly Link[]): string {
  const there = links.filter(({ name }) => name !== "lo").map(({ name }) => name);
  return there.length === 0 ? "" : `; it has ${there.join(", ")}`;
}

/** The error for a parent that can't be used. */
export function parentRefusal(text: string): VnicError {
  return new VnicError("refused", `network.parent: ${text}`);
}
