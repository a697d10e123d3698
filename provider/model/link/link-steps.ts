import { familyOf } from "../../base/address.ts";
import { alias, cidr, device, handle, host, ipLine, type IpLine, mac as macWord, number, path } from "./ip-line.ts";
import { hostSideName, linkAlias, transitLinkName, vlanAlias, vlanLinkName } from "../names.ts";
import { type DeviceSettings, ipv4SizeSteps, settingSteps } from "./device-settings.ts";
import { hasOwnMac } from "../network/mode.ts";
import type { Former } from "../wire/resource-file.ts";
import type { InjectPlan, Interface } from "../wire/session-protocol.ts";

/* Converts an injection plan to lines for `ip -batch` (ip-link(8), ip-address(8)) and settings for `sysctl`. */

/** An injection plan with the MTU resolved: the requested one, or the parent's. */
export type SizedPlan = InjectPlan & { readonly mtu: number };

/** The node's link from which a NIC is made. */
export interface ParentLink {
  /** The link's name. */
  readonly parent: string;
  /** The link's MTU in bytes; undefined if it wasn't read. */
  readonly mtu?: number;
  /** The state of a device before it became the Vnic; only in mode host-device. */
  readonly former?: Former;
}

/** Creates a VLAN link on its parent, down. */
export function tagSteps(parent: string, vlan: number): IpLine[] {
  const name = device(vlanLinkName(parent, vlan));
  return [ipLine`link add link ${device(parent)} name ${name} type vlan id ${number(vlan)}`];
}

/** Brings a VLAN link up, with our alias. */
export function tagUpSteps(parent: string, vlan: number): IpLine[] {
  const name = device(vlanLinkName(parent, vlan));
  return [ipLine`link set dev ${name} alias ${alias(vlanAlias)} addrgenmode none up`];
}

/**
 * Creates the link: down, with its transit name and its interface index, which are kept on moves. A device keeps the
 * index that it has. The link is created in the node's network namespace, with our alias, or in the one bound at
 * `podNetns`. There {@link configureSteps} sets the alias, because the kernel takes none in the request that creates a
 * link; until then the link is recognised by its index and its name.
 */
export function createSteps(
  plan: InjectPlan,
  { parent, mtu: parentMtu }: ParentLink,
  index: number,
  podNetns?: string,
): IpLine[] {
  const { vnic, network, mtu } = plan;
  const name = device(transitLinkName(vnic.uid));
  const place = podNetns === undefined ? ipLine`` : ipLine` netns ${path(podNetns)}`;
  const made = ipLine`name ${name} index ${number(index)}${place}`;
  const from = device(parent);
  const mac = macWord(plan.mac);
  // By default the kernel uses the parent's MTU.
  const size = sizeWords(mtu);
  const mark = podNetns === undefined ? [ipLine`link set dev ${name} alias ${alias(linkAlias(vnic.uid))}`] : [];
  switch (network.mode) {
    case "macvlan":
      return [ipLine`link add link ${from} ${made} address ${mac}${size} type macvlan mode bridge`, ...mark];
    case "macvlan-private":
      return [ipLine`link add link ${from} ${made} address ${mac}${size} type macvlan mode private`, ...mark];
    case "ipvlan":
      return [ipLine`link add link ${from} ${made}${size} type ipvlan mode l2`, ...mark];
    case "bridge": {
      // The node's end is created on the node in any case. It has the bridge's MTU, because a bridge adopts the smallest MTU of its ports.
      const peer = ipLine`peer name ${device(hostSideName(vnic.uid))}${sizeWords(parentMtu)}`;
      return [
        ipLine`link add ${made} address ${mac}${sizeWords(mtu ?? parentMtu)} type veth ${peer}`,
        ...mark,
        ...bridgePortSteps(vnic.uid, parent),
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

/**
 * Makes the node's end of a NIC a port of its bridge, also if the bridge was recreated while the NIC exists. On a bridge
 * with a spanning tree, the kernel closes the port at the first message of that protocol from the pod (BPDU guard), which
 * could otherwise make itself the root and cut off others. Any pod can send such frames. The bridge learns no MACs from the
 * port, whose own MAC it is given.
 */
export function bridgePortSteps(uid: string, bridge: string): IpLine[] {
  const name = device(hostSideName(uid));
  return [
    ipLine`link set dev ${name} addrgenmode none master ${device(bridge)}`,
    ipLine`link set dev ${name} type bridge_slave guard on learning off`,
    ipLine`link set dev ${name} up`,
  ];
}

/**
 * Moves the link from the node's network namespace to the one bound at `netnsPath`. A link that is down moves in half
 * the time.
 */
export function moveSteps({ vnic }: InjectPlan, netnsPath: string): IpLine[] {
  return [ipLine`link set dev ${device(transitLinkName(vnic.uid))} netns ${path(netnsPath)}`];
}

/**
 * Configures a link that has come into the pod. A link that was created there gets our alias in the same request as its
 * name, so it always has one of the two marks. Addresses are added before `up`, because `up` announces them.
 */
export function configureSteps({ vnic, interfaceName, addresses, placement }: InjectPlan): IpLine[] {
  const name = device(interfaceName);
  const mark = placement === "direct" ? ipLine`alias ${alias(linkAlias(vnic.uid))} ` : ipLine``;
  return [
    ipLine`link set dev ${device(transitLinkName(vnic.uid))} ${mark}name ${name}`,
    ...addresses.map((address) => addAddress(address, interfaceName)),
    ipLine`link set dev ${name} up`,
  ];
}

/** First of two parts, for a NIC that must probe before it gets its addresses: brings it up without addresses. */
export function bringUpSteps(plan: InjectPlan): IpLine[] {
  return configureSteps({ ...plan, addresses: [] });
}

/**
 * Second of two parts: adds the addresses and announces them, by setting the MAC to its current value, or by setting a
 * NIC without its own MAC down and up again.
 */
export function addressSteps({ network, interfaceName, mac, addresses }: InjectPlan): IpLine[] {
  const added = addresses.map((address) => addAddress(address, interfaceName));
  const name = device(interfaceName);
  return hasOwnMac(network.mode)
    ? [...added, announce(interfaceName, mac)]
    : [ipLine`link set dev ${name} down`, ...added, ipLine`link set dev ${name} up`];
}

/**
 * Makes the kernel announce all addresses (arp_notify, ndisc_notify). Setting the MAC has this effect, even if the
 * value stays the same.
 */
function announce(name: string, mac: string): IpLine {
  return ipLine`link set dev ${device(name)} address ${macWord(mac)}`;
}

/**
 * Makes the kernel solicit routers at once. Setting the interface identifier has this effect, even to the default
 * (modified EUI-64).
 */
export function solicit(name: string, mac: string): IpLine {
  const [first = "", ...rest] = mac.split(":");
  const bytes = [(parseInt(first, 16) ^ 2).toString(16).padStart(2, "0"), ...rest];
  const [a, b, c, d, e, f] = bytes;
  return ipLine`token set ${host(`::${a}${b}:${c}ff:fe${d}:${e}${f}`)} dev ${device(name)}`;
}

/** An existing link with its index, because a pod may have given it a name that can't be used in a command. */
export type LiveLink = Interface & { readonly index?: number };

/** Renames a link in the pod's network namespace, which a kernel before 6.2 refuses while the link is up. */
export function renameSteps(live: LiveLink, name: string): IpLine[] {
  return [ipLine`link set dev ${handle(live)} name ${device(name)}`];
}

/** Takes a link down and renames it. */
export function renameDownSteps(live: LiveLink, name: string): IpLine[] {
  return [ipLine`link set dev ${handle(live)} down`, ...renameSteps(live, name)];
}

/** Brings a link up, whatever its name. */
export function upSteps(live: LiveLink): IpLine[] {
  return [ipLine`link set dev ${handle(live)} up`];
}

/**
 * Changes an existing link in the pod's network namespace to the plan, except its name. Only differences are changed, new addresses are
 * added before old ones are removed, and the link stays up, so that connections over unchanged addresses survive. The
 * alias is always set.
 */
export function convergeSteps(plan: SizedPlan, live: LiveLink): IpLine[] {
  const { vnic, network, interfaceName, mac, mtu, addresses, slaac } = plan;
  const name = device(interfaceName);
  const added = addresses.filter((address) => !live.addresses.includes(address));
  // If the plan has no fixed IPv6 address, IPv6 is off at this point, so the link has no other IPv6 addresses any more.
  const lasting = live.addresses.filter((address) => familyOf(address) === 4 || hasIpv6(plan));
  const announced = hasIpv6(plan) && !slaac ? (live.slaacAddresses ?? []) : [];
  const removed = [...lasting.filter((address) => !addresses.includes(address)), ...announced];
  const ownMac = hasOwnMac(network.mode);
  const steps = [
    ipLine`link set dev ${handle(live)} alias ${alias(linkAlias(vnic.uid))}`,
    ...(live.mtu === mtu ? [] : [ipLine`link set dev ${name} mtu ${number(mtu)}`]),
    ...added.map((address) => addAddress(address, interfaceName)),
    ...removed.map((address) => ipLine`address del ${cidr(address)} dev ${name}`),
    ...(live.up ? [] : [ipLine`link set dev ${name} up`]),
    ...(slaac && live.up && !live.slaacAddresses ? [solicit(interfaceName, mac)] : []),
  ];
  const announcedByUp = !live.up;
  return ownMac && (live.mac !== mac || (added.length > 0 && !announcedByUp))
    ? [...steps, announce(interfaceName, mac)]
    : steps;
}

/**
 * Replaces the former leased address in the pod's network namespace. The former address is removed first, because
 * another host may have it already. Only differences are changed.
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

/**
 * `nodad`: the address can be used at once, since we probe before instead of waiting a second for the kernel to do it.
 */
export function addAddress(address: string, name: string): IpLine {
  return ipLine`address add ${cidr(address)} dev ${device(name)}${familyOf(address) === 6 ? ipLine` nodad` : ipLine``}`;
}

function hasIpv6({ addresses, slaac }: Addressing): boolean {
  return slaac === true || addresses.some((address) => familyOf(address) === 6);
}

type Addressing = Pick<InjectPlan, "addresses" | "slaac">;

/**
 * Moves a device from the pod's network namespace back to the node, which is where the process `pid` runs. The name
 * changes in the same kernel request, so that no name of the pod's choice gets to the node. The device arrives down.
 */
export function moveBackSteps(
  uid: string,
  live: { readonly name: string; readonly index?: number },
  pid: number,
): IpLine[] {
  return [ipLine`link set dev ${handle(live)} name ${device(transitLinkName(uid))} netns ${number(pid)}`];
}

/**
 * Restores a device that came back to the node, but leaves it down. {@link releaseSteps} follow; its alias is removed
 * last, because the device is found by it.
 */
export function restoreSteps(
  uid: string,
  live: { readonly name: string; readonly index?: number; readonly settings?: DeviceSettings },
  former: Former,
): IpLine[] {
  const name = device(former.name);
  return [
    ipLine`link set dev ${handle(live)} alias ${alias(linkAlias(uid))} down`,
    ...(live.name === former.name ? [] : [ipLine`link set dev ${handle(live)} name ${name}`]),
    ipLine`link set dev ${name} address ${macWord(former.mac)} mtu ${number(former.mtu)}`,
    // A dormant link never counts as running; listed addresses don't show it.
    ipLine`link set dev ${name} mode default`,
    ...(former.settings ? settingSteps(former.name, live.settings, former.settings) : []),
    ...(former.settings ? ipv4SizeSteps(former.name, former.settings) : []),
  ];
}

/** Last part of restoring a device: brings it up if it was up. */
export function releaseSteps(former: Former): IpLine[] {
  const name = device(former.name);
  return [...(former.up ? [ipLine`link set dev ${name} up`] : []), ipLine`link set dev ${name} alias ""`];
}

/**
 * Handles a device on the node whose former state no file has: it stays down, under the plan's name or its transit
 * name, until an administrator looks at it.
 */
export function quarantineSteps(live: { readonly name: string; readonly index?: number }, name: string): IpLine[] {
  return [
    ipLine`link set dev ${handle(live)} down`,
    ...(live.name === name ? [] : [ipLine`link set dev ${handle(live)} name ${device(name)}`]),
    ipLine`link set dev ${device(name)} alias ""`,
  ];
}

/*
 * With `accept_ra=2`, advertisements are accepted even if the pod forwards packets. Only addresses are taken from them:
 * no route, MTU or router preference.
 */
const announcedAddressesOnly = [
  ...["accept_ra=2", "accept_ra_pinfo=1", "autoconf=1", "use_tempaddr=0"],
  ...["accept_ra_defrtr=0", "accept_ra_mtu=0", "accept_ra_rtr_pref=0", "accept_ra_rt_info_max_plen=0"],
];

/**
 * Kernel settings of the NIC (Documentation/networking/ip-sysctl.rst). The NIC announces itself when it comes up,
 * answers ARP only for its own addresses, keeps the other addresses of a subnet when the first one is removed, and
 * accepts no redirects or source routes from the LAN. Without an IPv6 address IPv6 is off, so that no router
 * advertisement can add one. With SLAAC the NIC accepts announced prefixes and nothing else, and forms addresses from
 * its MAC. Its link-local address is formed and usable at once, as probes for the other addresses are sent from it. With
 * dad_transmits and addr_gen_mode, that is so whatever the pod has set for all links or for new ones.
 * Keys contain slashes, because names may contain dots.
 */
export function sysctls(device: string, plan: Addressing): string[] {
  const ipv4 = ["arp_notify=1", "arp_ignore=1", "arp_announce=2", "accept_redirects=0", "promote_secondaries=1"];
  const ipv6 = hasIpv6(plan)
    ? [
        ...(plan.slaac ? announcedAddressesOnly : ["accept_ra=0", "autoconf=0"]),
        ...["addr_gen_mode=0", "accept_dad=0", "dad_transmits=0", "router_solicitation_delay=0"],
        ...["accept_redirects=0", "ndisc_notify=1", "disable_ipv6=0"],
      ]
    : ["accept_ra=0", "disable_ipv6=1"];
  return [
    // A link that doesn't forward accepts IPv4 redirects if either its own setting or this one says so. The pod's other links
    // keep accepting them by their own.
    "net/ipv4/conf/all/accept_redirects=0",
    ...ipv4.map((setting) => `net/ipv4/conf/${device}/${setting}`),
    ...ipv6.map((setting) => `net/ipv6/conf/${device}/${setting}`),
  ];
}

/**
 * By one ICMP message, any host of the LAN can lower the size of what the pod sends to any IPv4 address, also over its other
 * links (RFC 5927, 7). The kernel takes the message for 10 minutes, but no size below this one, which is by default 552.
 * Whatever carries IPv6 takes packets of this size; anything else may cut them into fragments. Kernels before 5.18 don't have
 * this setting for each network namespace.
 */
const smallestPathMtu = "net/ipv4/route/min_pmtu=1280";

/**
 * Kernel settings of a link that isn't configured yet. A pod inherits IPv4 settings of its node, which forwards packets,
 * and with kube-proxy also delivers those that come from a network for 127.0.0.0/8. So without these settings, hosts of the
 * LAN reach the cluster's network through the pod, and what the pod serves on its loopback alone. Such packets are delivered
 * if either the link's own setting or that of `all` says so. The pod may choose otherwise afterwards, and a pod whose spec
 * says that it `forwards` has chosen before.
 */
export function firstSysctls(
  device: string,
  plan: Addressing,
  { forwards }: { readonly forwards?: true | undefined } = {},
): string[] {
  const own = [...(forwards ? [] : ["forwarding=0"]), "route_localnet=0"].map(
    (setting) => `net/ipv4/conf/${device}/${setting}`,
  );
  return ["net/ipv4/conf/all/route_localnet=0", smallestPathMtu, ...own, ...sysctls(device, plan)];
}

/**
 * Kernel settings of a link that is in the node's network namespace only to carry the frames of Vnics: the node's end of
 * a veth pair, or a VLAN link. Hosts of that network, and the pod if the bridge is deleted, don't reach the node by it,
 * and the node takes no address, route or router from them.
 */
export function carrierSysctls(device: string): string[] {
  const ipv4 = ["arp_ignore=8", "forwarding=0", "rp_filter=1", "accept_redirects=0", "drop_unicast_in_l2_multicast=1"];
  return [
    `net/ipv6/conf/${device}/disable_ipv6=1`,
    `net/ipv6/conf/${device}/accept_ra=0`,
    ...ipv4.map((setting) => `net/ipv4/conf/${device}/${setting}`),
  ];
}
