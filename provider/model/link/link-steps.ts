import { hostSideName, linkAlias, transitLinkName, vlanAlias, vlanLinkName } from "../names.ts";
import { hasOwnMac } from "../network/mode.ts";
import type { InjectPlan, Interface } from "../wire/session-protocol.ts";

/* The plan of an injection as lines for `ip -batch` (ip-link(8), ip-address(8)) and pairs for `sysctl`. Every word in
   them has passed the schema of the session protocol: no spaces, no leading dash. */

/** An injection plan with the MTU decided: the one asked for, or the parent's. */
export type SizedPlan = InjectPlan & { readonly mtu: number };

/** What the node offers for a NIC. */
export interface Ground {
  /** Name of the link that it is made from. */
  readonly parent: string;
  /** The parent's, in bytes. */
  readonly mtu?: number;
  /** How a device was before it became the Vnic. */
  readonly former?: Former;
}

export interface Former {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
}

/** On the node: the link of a VLAN on its parent, up and with our mark. */
export function tagSteps(parent: string, vlan: number): string[] {
  const name = vlanLinkName(parent, vlan);
  return [
    `link add link ${parent} name ${name} type vlan id ${vlan}`,
    `link set dev ${name} alias ${vlanAlias} addrgenmode none up`,
  ];
}

/** In the node's network namespace: the link, down, under its transit name and with our mark, which it keeps through moves. */
export function createSteps(plan: InjectPlan, { parent, mtu: parentMtu, former }: Ground): string[] {
  const { vnic, network, mac, mtu } = plan;
  const name = transitLinkName(vnic.uid);
  // The kernel gives it the parent's, if it is told none.
  const size = mtu === undefined ? "" : ` mtu ${mtu}`;
  const mark = `link set dev ${name} alias ${linkAlias(vnic.uid)}`;
  switch (network.mode) {
    case "macvlan":
    case "macvlan-private": {
      const among = network.mode === "macvlan" ? "bridge" : "private";
      return [`link add link ${parent} name ${name} address ${mac}${size} type macvlan mode ${among}`, mark];
    }
    case "ipvlan":
      return [`link add link ${parent} name ${name}${size} type ipvlan mode l2`, mark];
    case "bridge": {
      // The node's end has the bridge's MTU, as a bridge takes the least of its ports' for its own.
      const sizes = [mtu ?? parentMtu, parentMtu].map((bytes) => (bytes === undefined ? "" : ` mtu ${bytes}`));
      return [
        `link add name ${name} address ${mac}${sizes[0]} type veth peer name ${hostSideName(vnic.uid)}${sizes[1]}`,
        mark,
        ...plugSteps(vnic.uid, parent),
      ];
    }
    case "host-device":
      return [
        `link set dev ${parent} alias ${linkAlias(vnic.uid)}${formerMark(former)}`,
        `link set dev ${parent} down`,
        `link set dev ${parent} name ${name} address ${mac}${size}`,
      ];
  }
}

/** On the node: its end of a NIC in a bridge becomes a port of it, also of one that was made anew under a standing NIC. */
export function plugSteps(uid: string, bridge: string): string[] {
  return [`link set dev ${hostSideName(uid)} addrgenmode none master ${bridge} up`];
}

/** A device carries in its mark what it is to be again, so that it finds back whatever else is lost. */
function formerMark(former: Former | undefined): string {
  return former ? [``, former.name, former.mac, former.mtu, former.up ? "up" : "down"].join(",") : "";
}

/** What a device was before, by its mark; undefined for a link that was made for the Vnic. */
export function formerOf(alias: string | undefined): Former | undefined {
  const [, name, mac, mtu, state] = alias?.split(",") ?? [];
  return name && mac && mtu ? { name, mac, mtu: Number(mtu), up: state === "up" } : undefined;
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

/** The same in two parts, for a NIC that must ask before it has its addresses: first up without them. */
export function riseSteps(plan: InjectPlan): string[] {
  return configureSteps({ ...plan, addresses: [] });
}

/** Then its addresses, announced: by its MAC, set to what it is; a NIC without one of its own must go down for it once more. */
export function addressSteps({ network, interfaceName, mac, addresses }: InjectPlan): string[] {
  const added = addresses.map((address) => addAddress(address, interfaceName));
  return hasOwnMac(network.mode)
    ? [...added, announce(interfaceName, mac)]
    : [`link set dev ${interfaceName} down`, ...added, `link set dev ${interfaceName} up`];
}

/** Setting the MAC, even to what it is, makes the kernel announce all addresses (arp_notify, ndisc_notify). */
function announce(device: string, mac: string): string {
  return `link set dev ${device} address ${mac}`;
}

/** Naming the interface identifier, even the one that it has (modified EUI-64), makes the kernel ask for routers at once. */
function solicit(device: string, mac: string): string {
  const [first = "", ...rest] = mac.split(":");
  const bytes = [(parseInt(first, 16) ^ 2).toString(16).padStart(2, "0"), ...rest];
  const [a, b, c, d, e, f] = bytes;
  return `token set ::${a}${b}:${c}ff:fe${d}:${e}${f} dev ${device}`;
}

/**
 * In the pod's network namespace, on a link that is there already: only what differs, new addresses before old ones go,
 * and the link never down, so that connections over an address that stays survive. The mark is set in any case, but for a
 * device's, which it has from the beginning.
 */
export function convergeSteps(plan: SizedPlan, live: Interface): string[] {
  const { vnic, network, interfaceName, mac, mtu, addresses, slaac } = plan;
  const added = addresses.filter((address) => !live.addresses.includes(address));
  // Without an IPv6 address of its own it has IPv6 off by then, which has taken the others away.
  const lasting = live.addresses.filter((address) => !isIpv6(address) || hasIpv6(plan));
  const announced = hasIpv6(plan) && !slaac ? (live.slaacAddresses ?? []) : [];
  const removed = [...lasting.filter((address) => !addresses.includes(address)), ...announced];
  const ownMac = hasOwnMac(network.mode);
  const steps = [
    ...(network.mode === "host-device" ? [] : [`link set dev ${live.name} alias ${linkAlias(vnic.uid)}`]),
    ...(live.name === interfaceName ? [] : [`link set dev ${live.name} name ${interfaceName}`]),
    ...(live.mtu === mtu ? [] : [`link set dev ${interfaceName} mtu ${mtu}`]),
    ...added.map((address) => addAddress(address, interfaceName)),
    ...removed.map((address) => `address del ${address} dev ${interfaceName}`),
    ...(live.up ? [] : [`link set dev ${interfaceName} up`]),
    ...(slaac && live.up && !live.slaacAddresses ? [solicit(interfaceName, mac)] : []),
  ];
  const toldByUp = !live.up;
  return ownMac && (live.mac !== mac || (added.length > 0 && !toldByUp))
    ? [...steps, announce(interfaceName, mac)]
    : steps;
}

/**
 * In the pod's network namespace: another leased address in place of the former one, which goes first, as it is somebody
 * else's by now; only what differs from what is there.
 */
export function leaseSteps(
  { mode }: InjectPlan["network"],
  { name, mac, ...live }: Interface,
  former: string | undefined,
  address: string | undefined,
): string[] {
  const removed = former !== undefined && former !== address && live.addresses.includes(former);
  const added = address !== undefined && !live.addresses.includes(address);
  return [
    ...(removed ? [`address del ${former} dev ${name}`] : []),
    ...(added ? [addAddress(address, name), ...(hasOwnMac(mode) ? [announce(name, mac)] : [])] : []),
  ];
}

/** `nodad`: the address answers at once; whether somebody else has it is to be asked before, not by a second of silence. */
function addAddress(address: string, device: string): string {
  return `address add ${address} dev ${device}${isIpv6(address) ? " nodad" : ""}`;
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

function hasIpv6({ addresses, slaac }: Addressing): boolean {
  return slaac === true || addresses.some(isIpv6);
}

type Addressing = Pick<InjectPlan, "addresses" | "slaac">;

/** In the pod's network namespace: a device on its way back to the node, which is where the process `pid` lives. */
export function sendBackSteps(uid: string, name: string, pid: number): string[] {
  const transit = transitLinkName(uid);
  return [
    `link set dev ${name} down`,
    ...(name === transit ? [] : [`link set dev ${name} name ${transit}`]),
    `link set dev ${transit} netns ${pid}`,
  ];
}

/** On the node: a device that is back becomes what it was. Its mark goes last, as it is found by that. */
export function restoreSteps(name: string, former: Former): string[] {
  return [
    `link set dev ${name} down`,
    ...(name === former.name ? [] : [`link set dev ${name} name ${former.name}`]),
    `link set dev ${former.name} address ${former.mac} mtu ${former.mtu}`,
    ...(former.up ? [`link set dev ${former.name} up`] : []),
    `link set dev ${former.name} alias ""`,
  ];
}

/** Also where the pod forwards (2); no route, no MTU, no preference of a router, no address that changes by itself. */
const announcedAddressesOnly = [
  ...["accept_ra=2", "accept_ra_pinfo=1", "autoconf=1", "addr_gen_mode=0", "use_tempaddr=0"],
  ...["accept_ra_defrtr=0", "accept_ra_mtu=0", "accept_ra_rtr_pref=0", "accept_ra_rt_info_max_plen=0"],
  "router_solicitation_delay=0",
];

/**
 * The kernel's settings for the NIC alone (Documentation/networking/ip-sysctl.rst): it announces itself when it comes up,
 * answers ARP only for its own addresses, keeps the other addresses of a subnet when the first one goes, and takes
 * nothing from strangers on the LAN; without an IPv6 address of its own it has IPv6 off, so that no router advertisement
 * can give it one. With SLAAC it takes addresses of them and nothing else, at once and made of its MAC. Its link-local address serves at once (accept_dad), as the probes for the others are sent from it.
 * Keys with slashes, as names may contain dots.
 */
export function sysctls(device: string, plan: Addressing): string[] {
  const ipv4 = ["arp_notify=1", "arp_ignore=1", "arp_announce=2", "accept_redirects=0", "promote_secondaries=1"];
  const ipv6 = hasIpv6(plan)
    ? [
        ...(plan.slaac ? announcedAddressesOnly : ["accept_ra=0", "autoconf=0"]),
        ...["accept_redirects=0", "accept_dad=0", "ndisc_notify=1", "disable_ipv6=0"],
      ]
    : ["accept_ra=0", "disable_ipv6=1"];
  return [
    ...ipv4.map((setting) => `net/ipv4/conf/${device}/${setting}`),
    ...ipv6.map((setting) => `net/ipv6/conf/${device}/${setting}`),
  ];
}
