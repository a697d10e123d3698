import { familyOf } from "../../base/address.ts";
import { alias, cidr, device, handle, host, ipLine, type IpLine, mac as macWord, number, path } from "./ip-line.ts";
import { hostSideName, linkAlias, transitLinkName, vlanAlias, vlanLinkName } from "../names.ts";
import { hasOwnMac } from "../network/mode.ts";
import type { Former } from "../wire/resource-file.ts";
import type { InjectPlan, Interface } from "../wire/session-protocol.ts";

/* The plan of an injection as lines for `ip -batch` (ip-link(8), ip-address(8)) and pairs for `sysctl`. */

/** An injection plan with the MTU decided: the one asked for, or the parent's. */
export type SizedPlan = InjectPlan & { readonly mtu: number };

/** What the node offers for a NIC. */
export interface ParentLink {
  /** Name of the link that it is made from. */
  readonly parent: string;
  /** The parent's, in bytes. */
  readonly mtu?: number;
  /** How a device was before it became the Vnic. */
  readonly former?: Former;
}

/** Creates the link of a VLAN on its parent, up and with our mark, on the node. */
export function tagSteps(parent: string, vlan: number): IpLine[] {
  const name = device(vlanLinkName(parent, vlan));
  return [
    ipLine`link add link ${device(parent)} name ${name} type vlan id ${number(vlan)}`,
    ipLine`link set dev ${name} alias ${alias(vlanAlias)} addrgenmode none up`,
  ];
}

/** Creates the link in the node's network namespace: down, with its transit name and with our alias, which survives moves. */
export function createSteps(plan: InjectPlan, { parent, mtu: parentMtu }: ParentLink): IpLine[] {
  const { vnic, network, mtu } = plan;
  const name = device(transitLinkName(vnic.uid));
  const from = device(parent);
  const mac = macWord(plan.mac);
  // The kernel gives it the parent's, if it is told none.
  const size = sizeWords(mtu);
  const mark = ipLine`link set dev ${name} alias ${alias(linkAlias(vnic.uid))}`;
  switch (network.mode) {
    case "macvlan":
      return [ipLine`link add link ${from} name ${name} address ${mac}${size} type macvlan mode bridge`, mark];
    case "macvlan-private":
      return [ipLine`link add link ${from} name ${name} address ${mac}${size} type macvlan mode private`, mark];
    case "ipvlan":
      return [ipLine`link add link ${from} name ${name}${size} type ipvlan mode l2`, mark];
    case "bridge": {
      // The node's end has the bridge's MTU, as a bridge takes the least of its ports' for its own.
      const peer = ipLine`peer name ${device(hostSideName(vnic.uid))}${sizeWords(parentMtu)}`;
      return [
        ipLine`link add name ${name} address ${mac}${sizeWords(mtu ?? parentMtu)} type veth ${peer}`,
        mark,
        ...plugSteps(vnic.uid, parent),
      ];
    }
    case "host-device":
      return [
        ipLine`link set dev ${from} alias ${alias(linkAlias(vnic.uid))}`,
        ipLine`link set dev ${from} down`,
        ipLine`link set dev ${from} name ${name} address ${mac}${size}`,
      ];
  }
}

function sizeWords(mtu: number | undefined): IpLine {
  return mtu === undefined ? ipLine`` : ipLine` mtu ${number(mtu)}`;
}

/** Makes the node's end of a NIC a port of its bridge, even if the bridge was made anew under an existing NIC. */
export function plugSteps(uid: string, bridge: string): IpLine[] {
  return [ipLine`link set dev ${device(hostSideName(uid))} addrgenmode none master ${device(bridge)} up`];
}

/** From the node's network namespace into the one bound at `netnsPath`. Moved while down: half the kernel's time of a link that is up. */
export function moveSteps({ vnic }: InjectPlan, netnsPath: string): IpLine[] {
  return [ipLine`link set dev ${device(transitLinkName(vnic.uid))} netns ${path(netnsPath)}`];
}

/** Configures the link that was moved into the pod. Addresses come before `up`, because `up` announces them. */
export function configureSteps({ vnic, interfaceName, addresses }: InjectPlan): IpLine[] {
  const name = device(interfaceName);
  return [
    ipLine`link set dev ${device(transitLinkName(vnic.uid))} name ${name}`,
    ...addresses.map((address) => addAddress(address, interfaceName)),
    ipLine`link set dev ${name} up`,
  ];
}

/** First of two parts, for a NIC that must probe before it gets its addresses: brings it up without them. */
export function riseSteps(plan: InjectPlan): IpLine[] {
  return configureSteps({ ...plan, addresses: [] });
}

/** Then its addresses, announced: by its MAC, set to what it is; a NIC without one of its own must go down for it once more. */
export function addressSteps({ network, interfaceName, mac, addresses }: InjectPlan): IpLine[] {
  const added = addresses.map((address) => addAddress(address, interfaceName));
  const name = device(interfaceName);
  return hasOwnMac(network.mode)
    ? [...added, announce(interfaceName, mac)]
    : [ipLine`link set dev ${name} down`, ...added, ipLine`link set dev ${name} up`];
}

/** Setting the MAC, even to what it is, makes the kernel announce all addresses (arp_notify, ndisc_notify). */
function announce(name: string, mac: string): IpLine {
  return ipLine`link set dev ${device(name)} address ${macWord(mac)}`;
}

/** Naming the interface identifier, even the one that it has (modified EUI-64), makes the kernel ask for routers at once. */
function solicit(name: string, mac: string): IpLine {
  const [first = "", ...rest] = mac.split(":");
  const bytes = [(parseInt(first, 16) ^ 2).toString(16).padStart(2, "0"), ...rest];
  const [a, b, c, d, e, f] = bytes;
  return ipLine`token set ${host(`::${a}${b}:${c}ff:fe${d}:${e}${f}`)} dev ${device(name)}`;
}

/** A link that is there, with the kernel's number for it: a pod may have given it a name that no command can have. */
export type LiveLink = Interface & { readonly index?: number };

/**
 * In the pod's network namespace, on a link that is there already: only what differs, new addresses before old ones go,
 * and the link never down, so that connections over an address that stays survive. The mark is set in any case.
 */
export function convergeSteps(plan: SizedPlan, live: LiveLink): IpLine[] {
  const { vnic, network, interfaceName, mac, mtu, addresses, slaac } = plan;
  const name = device(interfaceName);
  const added = addresses.filter((address) => !live.addresses.includes(address));
  // Without an IPv6 address of its own it has IPv6 off by then, which has taken the others away.
  const lasting = live.addresses.filter((address) => familyOf(address) === 4 || hasIpv6(plan));
  const announced = hasIpv6(plan) && !slaac ? (live.slaacAddresses ?? []) : [];
  const removed = [...lasting.filter((address) => !addresses.includes(address)), ...announced];
  const ownMac = hasOwnMac(network.mode);
  const steps = [
    ipLine`link set dev ${handle(live)} alias ${alias(linkAlias(vnic.uid))}`,
    ...(live.name === interfaceName ? [] : [ipLine`link set dev ${handle(live)} name ${name}`]),
    ...(live.mtu === mtu ? [] : [ipLine`link set dev ${name} mtu ${number(mtu)}`]),
    ...added.map((address) => addAddress(address, interfaceName)),
    ...removed.map((address) => ipLine`address del ${cidr(address)} dev ${name}`),
    ...(live.up ? [] : [ipLine`link set dev ${name} up`]),
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
): IpLine[] {
  const removed = former !== undefined && former !== address && live.addresses.includes(former);
  const added = address !== undefined && !live.addresses.includes(address);
  return [
    ...(removed ? [ipLine`address del ${cidr(former)} dev ${device(name)}`] : []),
    ...(added ? [addAddress(address, name), ...(hasOwnMac(mode) ? [announce(name, mac)] : [])] : []),
  ];
}

/** `nodad`: the address answers at once; whether somebody else has it is to be asked before, not by a second of silence. */
export function addAddress(address: string, name: string): IpLine {
  return ipLine`address add ${cidr(address)} dev ${device(name)}${familyOf(address) === 6 ? ipLine` nodad` : ipLine``}`;
}

function hasIpv6({ addresses, slaac }: Addressing): boolean {
  return slaac === true || addresses.some((address) => familyOf(address) === 6);
}

type Addressing = Pick<InjectPlan, "addresses" | "slaac">;

/**
 * In the pod's network namespace: a device on its way back to the node, which is where the process `pid` lives. One request to
 * the kernel gives it its transit name and moves it, so that no name of the pod's choosing comes along; it arrives down.
 */
export function sendBackSteps(
  uid: string,
  live: { readonly name: string; readonly index?: number },
  pid: number,
): IpLine[] {
  return [ipLine`link set dev ${handle(live)} name ${device(transitLinkName(uid))} netns ${number(pid)}`];
}

/** Restores a device that came back to the node. Its alias is removed last, because the device is found by it. */
export function restoreSteps(live: { readonly name: string; readonly index?: number }, former: Former): IpLine[] {
  const name = device(former.name);
  return [
    ipLine`link set dev ${handle(live)} down`,
    ...(live.name === former.name ? [] : [ipLine`link set dev ${handle(live)} name ${name}`]),
    ipLine`link set dev ${name} address ${macWord(former.mac)} mtu ${number(former.mtu)}`,
    ...(former.up ? [ipLine`link set dev ${name} up`] : []),
    ipLine`link set dev ${name} alias ""`,
  ];
}

/**
 * On the node: a device of which no file says what it was. It stays down, under the name that the plan has for it or its transit
 * name, until somebody looks at it.
 */
export function parkSteps(live: { readonly name: string; readonly index?: number }, name: string): IpLine[] {
  return [
    ipLine`link set dev ${handle(live)} down`,
    ...(live.name === name ? [] : [ipLine`link set dev ${handle(live)} name ${device(name)}`]),
    ipLine`link set dev ${device(name)} alias ""`,
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
