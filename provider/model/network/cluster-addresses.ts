import { isIP } from "node:net";
import { familyOf, hostOf, networkOf, prefixOf } from "../../base/address.ts";
import { maxItems } from "../schema/bounds.ts";
import type { Problem } from "../schema/problem.ts";
import { contains, spanOf } from "../schema/range.ts";

/* The cluster's own addresses. If a NIC on the nodes' network had one of them, it would cut off its owner. */

/** An address or subnet, and a description of its owner. */
export interface ClusterAddress {
  readonly holder: string;
  /** An address, or a subnet. */
  readonly value: string;
  /** Whether it exists only within the cluster, so that no LAN has it. */
  readonly isVirtual?: true;
}

/** The fields of a Node that contain addresses. */
export interface AddressedNode {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/**
 * The shortest prefix of a node's range of pods. A node can set a range that nobody has set, and a wider one would keep most
 * addresses from all Vnics.
 */
const shortestPodPrefix = { 4: 16, 6: 48 } as const;

/** All addresses of a node: its own, and the ranges of its pods. A kubelet may report any number of any texts. */
export function addressesOfNode({ metadata, spec, status }: AddressedNode): ClusterAddress[] {
  const name = metadata?.name ?? "";
  const own = status?.addresses?.filter(({ type }) => type === "InternalIP" || type === "ExternalIP") ?? [];
  const hosts = own.map(({ address }) => address).filter((address) => isIP(address) !== 0);
  const ranges = spec?.podCIDRs?.filter((range) => Number(prefixOf(range)) >= shortestPodPrefix[familyOf(range)]) ?? [];
  return [
    ...hosts.slice(0, maxItems.nodeAddresses).map((value) => ({ holder: `node ${name}`, value })),
    ...ranges.map((value) => ({ holder: `the pods of node ${name}`, value, isVirtual: true as const })),
  ];
}

/** Finds the addresses of a Vnic that belong to the cluster. */
export function clusterAddressProblems(addresses: readonly string[], held: readonly ClusterAddress[]): Problem[] {
  const spans = held.flatMap(({ holder, value }) => {
    const span = spanOf(value);
    return span ? [{ holder, value, span }] : [];
  });
  return addresses.flatMap((cidr, index) => {
    const host = hostOf(cidr);
    const found = spans.find(({ span }) => contains(span, host));
    if (!found) return [];
    const where = found.value.includes("/") ? ` is in ${found.value}, which belongs to ` : " belongs to ";
    return [{ property: `addresses[${index}]`, reason: `${host}${where}${found.holder}; choose another` }];
  });
}

/**
 * The IPv4 networks that exist only within the cluster, merged where they adjoin. The subnet and the routes of a DHCP
 * lease must not overlap them, or a host on the LAN could receive what the pod sends to the cluster's pods and services.
 */
export function virtualNetworks(held: readonly ClusterAddress[]): string[] {
  const networks = held.flatMap(({ value, isVirtual }) =>
    isVirtual && familyOf(value) === 4 ? [networkOf(value.includes("/") ? value : `${value}/32`)] : [],
  );
  const merged = mergeNetworks(networks);
  if (merged.length <= maxItems.clusterNetworks) return merged;
  // The pods' ranges are usually parts of one network, which is at least that large.
  const wide = (network: string) => networkOf(`${hostOf(network)}/${Math.min(16, Number(prefixOf(network)))}`);
  return mergeNetworks(merged.map(wide)).slice(0, maxItems.clusterNetworks);
}

/** Replaces pairs of adjoining IPv4 networks by the network that consists of both, and leaves out parts of others. */
function mergeNetworks(networks: readonly string[]): string[] {
  const byPrefix = Array.from({ length: 33 }, () => new Set<number>());
  for (const network of networks) byPrefix[Number(prefixOf(network))]?.add(numberOf(hostOf(network)));
  for (let prefix = 32; prefix > 8; prefix--)
    for (const first of byPrefix[prefix]!) {
      const size = 2 ** (32 - prefix);
      if (first % (2 * size) === 0 && byPrefix[prefix]!.has(first + size)) byPrefix[prefix - 1]!.add(first);
    }
  const isPart = (first: number, prefix: number) =>
    byPrefix.slice(0, prefix).some((larger, its) => larger.has(first - (first % 2 ** (32 - its))));
  return byPrefix.flatMap((all, prefix) =>
    [...all]
      .filter((first) => !isPart(first, prefix))
      .sort((one, other) => one - other)
      .map((first) => `${hostNamed(first)}/${prefix}`),
  );
}

function numberOf(host: string): number {
  return host.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}

function hostNamed(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}
