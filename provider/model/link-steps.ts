import { linkAlias, transitLinkName } from "./names.ts";
import type { InjectPlan, Interface } from "./session-protocol.ts";

/* The plan of an injection as lines for `ip -batch` (ip-link(8), ip-address(8)) and pairs for `sysctl`. Every word in
   them has passed the schema of the session protocol: no spaces, no leading dash. */

/** An injection plan with the MTU decided: the one asked for, or the parent's. */
export type SizedPlan = InjectPlan & { readonly mtu: number };

/** In the node's network namespace: the link, down, under its transit name and with our mark, which it keeps through moves. */
export function createSteps({ vnic, network, mac, mtu }: InjectPlan): string[] {
  const name = transitLinkName(vnic.uid);
  // The kernel gives it the parent's, if it is told none.
  const size = mtu === undefined ? "" : ` mtu ${mtu}`;
  return [
    `link add link ${network.parent} name ${name} address ${mac}${size} type ${network.mode} mode bridge`,
    `link set dev ${name} alias ${linkAlias(vnic.uid)}`,
  ];
}

/** From the node's network namespace into the one bound at `netnsPath`. Moved while down: half the kernel's time of a link that is up. */
export function moveSteps({ vnic }: InjectPlan, netnsPath: string): string[] {
  return [`link set dev ${transitLinkName(vnic.uid)} netns ${netnsPath}`];
}

/** In the pod's network namespace, on the link just arrived: addresses before `up`, as it is `up` that announces them. */
export function configureSteps({ vnic, interfaceName, addresses }: InjectPlan): string[] {
  return [
    `link set dev ${transitLinkName(vnic.uid)} name ${interfaceName}`,
    ...addresses.map((address) => addAddress(address, interfaceName)),
    `link set dev ${interfaceName} up`,
  ];
}

/**
 * In the pod's network namespace, on a link that is there already: only what differs, new addresses before old ones go,
 * and the link never down, so that connections over an address that stays survive. The mark is set in any case.
 */
export function convergeSteps({ vnic, interfaceName, mac, mtu, addresses }: SizedPlan, live: Interface): string[] {
  const added = addresses.filter((address) => !live.addresses.includes(address));
  const removed = live.addresses.filter((address) => !addresses.includes(address));
  const steps = [
    `link set dev ${live.name} alias ${linkAlias(vnic.uid)}`,
    ...(live.name === interfaceName ? [] : [`link set dev ${live.name} name ${interfaceName}`]),
    ...(live.mtu === mtu ? [] : [`link set dev ${interfaceName} mtu ${mtu}`]),
    ...added.map((address) => addAddress(address, interfaceName)),
    ...removed.map((address) => `address del ${address} dev ${interfaceName}`),
    ...(live.up ? [] : [`link set dev ${interfaceName} up`]),
  ];
  // Setting the MAC, even to what it is, makes the kernel announce all addresses (arp_notify, ndisc_notify).
  const announce = live.mac !== mac || (added.length > 0 && live.up);
  return announce ? [...steps, `link set dev ${interfaceName} address ${mac}`] : steps;
}

/** `nodad`: the address answers at once; whether somebody else has it is to be asked before, not by a second of silence. */
function addAddress(address: string, device: string): string {
  return `address add ${address} dev ${device}${address.includes(":") ? " nodad" : ""}`;
}

/**
 * The kernel's settings for the NIC alone (Documentation/networking/ip-sysctl.rst): it announces itself when it comes up,
 * answers ARP only for its own addresses, keeps the other addresses of a subnet when the first one goes, and takes
 * nothing from strangers on the LAN; without an IPv6 address of its own it has IPv6 off, so that no router advertisement
 * can give it one. Keys with slashes, as names may contain dots.
 */
export function sysctls(device: string, addresses: readonly string[]): string[] {
  const ipv4 = ["arp_notify=1", "arp_ignore=1", "arp_announce=2", "accept_redirects=0", "promote_secondaries=1"];
  const ipv6 = addresses.some((address) => address.includes(":"))
    ? ["accept_ra=0", "autoconf=0", "accept_redirects=0", "ndisc_notify=1", "disable_ipv6=0"]
    : ["accept_ra=0", "disable_ipv6=1"];
  return [
    ...ipv4.map((setting) => `net/ipv4/conf/${device}/${setting}`),
    ...ipv6.map((setting) => `net/ipv6/conf/${device}/${setting}`),
  ];
}
