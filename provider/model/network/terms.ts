import { contains as isIn, hostOf } from "../../base/address.ts";
import ipaddr from "ipaddr.js";
import { deriveMac } from "../names.ts";
import { unknownValue } from "../schema/known.ts";
import type { Problem } from "../schema/problem.ts";
import { special } from "../schema/address-blocks.ts";
import { type AddressRange, contains, edges, freeSpans, holes, indexOf, isWithin } from "../schema/range.ts";
import type { NetworkFields } from "./definition.ts";
import { type LinkPlacement, placementProblems } from "./placement.ts";

/*
 * The limits that a VnicNetwork sets for its Vnics. The admission policy (platform/network-policy.ts) uses the same
 * messages.
 */

/** The part of a Vnic's definition that its network restricts. */
export interface Wanted {
  readonly name: string;
  readonly pod: { readonly namespace: string };
  readonly addresses: readonly string[];
  readonly mac: string;
  readonly duplicateAddressDetection?: boolean;
  readonly placement?: LinkPlacement;
}

type Network = NetworkFields & { readonly name: string };

/** Everything that the network doesn't allow the Vnic to have, by property. Unknown values pass. */
export function termProblems(network: Network, wanted: Wanted): Problem[] {
  const { gateways, ranges, freeAddresses, macPrefixes, freeMacs, namespaces, allowUnprobed } = network;
  const { pod, addresses, mac, duplicateAddressDetection: probed } = wanted;
  const whereKnown = (values: readonly unknown[], problems: () => Problem[]) =>
    JSON.stringify(values).includes(unknownValue) ? [] : problems();
  return [
    ...whereKnown([namespaces, pod], () => namespaceProblems(network, pod.namespace)),
    ...whereKnown([gateways, ranges, freeAddresses, addresses], () =>
      addresses.flatMap((address, index) =>
        addressProblem(network, address).map((reason) => ({ property: `addresses[${index}]`, reason })),
      ),
    ),
    ...whereKnown([macPrefixes, freeMacs, mac, pod, wanted.name], () => macProblems(network, wanted)),
    ...whereKnown([allowUnprobed, probed], () => probingProblems(network, probed)),
    ...placementProblems(network.mode, wanted.placement),
  ];
}

function probingProblems({ name, allowUnprobed }: Network, probed: boolean | undefined): Problem[] {
  if (probed !== false || allowUnprobed === true) return [];
  const reason = `VnicNetwork ${name} does not let it be switched off (allowUnprobed)`;
  return [{ property: "duplicateAddressDetection", reason }];
}

/**
 * Checks the network's list of namespaces. The reason names none of them, because tenants read it and needn't know of each
 * other.
 */
export function namespaceProblems({ name, namespaces }: Network, namespace: string): Problem[] {
  if (!namespaces || namespaces.includes(namespace)) return [];
  return [
    {
      property: "network.name",
      reason: `VnicNetwork ${name} is not for namespace ${namespace}; an administrator can add it to namespaces there`,
    },
  ];
}

function addressProblem({ name, gateways = [], ranges = [], freeAddresses }: Network, cidr: string): string[] {
  const host = hostOf(cidr);
  if (gateways.some((gateway) => isSame(gateway, host))) return [`${host} is a gateway of VnicNetwork ${name}`];
  if (ranges.some((range) => holes(range).some((hole) => contains(hole, host))))
    return [`${host} is reserved on VnicNetwork ${name} (exclude)`];
  if (ranges.some((range) => edges(range).some((edge) => contains(edge, host))))
    return [`${host} is the network or broadcast address of a range of VnicNetwork ${name}`];
  if (ranges.some((range) => indexOf(range, freeSpans(range), host) !== undefined)) return [];
  const reason = special.find(({ block }) => isIn(block, host))?.words;
  if (reason !== undefined) return [`${host} ${reason}; only the ranges of VnicNetwork ${name} can allow it`];
  if (freeAddresses === true || ranges.length === 0) return [];
  return [`${host} is not in the ranges of VnicNetwork ${name}: ${rangeWords(ranges)}`];
}

function macProblems({ name, macPrefixes = [], freeMacs }: Network, { mac, pod, name: vnic }: Wanted): Problem[] {
  const isDerived = mac === deriveMac({ namespace: pod.namespace, name: vnic });
  if (freeMacs === true || isDerived || macPrefixes.some((prefix) => mac.startsWith(`${prefix}:`))) return [];
  const reason = macPrefixes.length === 0 ? macWords(name) : prefixWords(name, macPrefixes);
  return [{ property: "mac", reason: `${mac} ${reason}` }];
}

function macWords(network: string): string {
  return `may not be chosen on VnicNetwork ${network}; leave it out, and one is derived (macPrefixes, freeMacs)`;
}

function prefixWords(network: string, prefixes: readonly string[]): string {
  return `has none of the prefixes that VnicNetwork ${network} allows: ${prefixes.join(", ")}; leave it out, and one is derived`;
}

/**
 * The ranges from which a VnicSet allocates: its own, or the network's, without gateways and reserved addresses;
 * undefined for DHCP. It is a problem if its own ranges aren't within the network's.
 */
export function setRanges(
  { name, gateways = [], ranges = [], freeAddresses }: Network,
  own: readonly AddressRange[] | undefined,
): readonly AddressRange[] | undefined | { readonly problem: Problem } {
  const reserved = [...ranges.flatMap(({ exclude = [] }) => exclude), ...gateways];
  const given = own ?? (ranges.length === 0 ? undefined : ranges);
  const beyond = own?.findIndex((range) => !ranges.some((allowed) => isWithin(range, allowed))) ?? -1;
  if (own && beyond >= 0 && ranges.length > 0 && freeAddresses !== true)
    return {
      problem: {
        property: `addresses[${beyond}]`,
        reason: `${own[beyond]?.cidr} reaches beyond the ranges of VnicNetwork ${name}: ${rangeWords(ranges)}`,
      },
    };
  return given?.map((range) => ({ ...range, exclude: [...(range.exclude ?? []), ...reserved] }));
}

function rangeWords(ranges: readonly AddressRange[]): string {
  const words = ranges.map(({ cidr, from, to }) =>
    from === undefined && to === undefined ? cidr : `${cidr} (${from ?? ""}-${to ?? ""})`,
  );
  return words.join(", ");
}

function isSame(one: string, other: string): boolean {
  return ipaddr.isValid(one) && ipaddr.parse(one).toNormalizedString() === ipaddr.parse(other).toNormalizedString();
}
