import { hostOf } from "../../base/address.ts";
import type { Problem } from "../schema/problem.ts";
import { contains, spanOf } from "../schema/range.ts";

/* Addresses that are the cluster's own. A NIC that had one, on a network that the nodes are on, would cut off its holder. */

/** Addresses and their holder, in words. */
export interface ClusterAddress {
  readonly holder: string;
  /** An address, or a subnet. */
  readonly value: string;
}

/** What we read of a Node for it. */
export interface AddressedNode {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** All that nodes hold: their own addresses, and the ranges of their pods. */
export function addressesOfNode({ metadata, spec, status }: AddressedNode): ClusterAddress[] {
  const name = metadata?.name ?? "";
  const own = status?.addresses?.filter(({ type }) => type === "InternalIP" || type === "ExternalIP") ?? [];
  return [
    ...own.map(({ address }) => ({ holder: `node ${name}`, value: address })),
    ...(spec?.podCIDRs ?? []).map((value) => ({ holder: `the pods of node ${name}`, value })),
  ];
}

/** Which of the addresses of a Vnic are the cluster's. */
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
