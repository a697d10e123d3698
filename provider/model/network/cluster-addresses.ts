import { hostOf } from "../../base/address.ts";
import type { Problem } from "../schema/problem.ts";
import { contains, spanOf } from "../schema/range.ts";

/* The cluster's own addresses. If a NIC on the nodes' network had one of them, it would cut off its owner. */

/** An address or subnet, and a description of its owner. */
export interface ClusterAddress {
  readonly holder: string;
  /** An address, or a subnet. */
  readonly value: string;
}

/** The fields of a Node that contain addresses. */
export interface AddressedNode {
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** All addresses of a node: its own, and the ranges of its pods. */
export function addressesOfNode({ metadata, spec, status }: AddressedNode): ClusterAddress[] {
  const name = metadata?.name ?? "";
  const own = status?.addresses?.filter(({ type }) => type === "InternalIP" || type === "ExternalIP") ?? [];
  return [
    ...own.map(({ address }) => ({ holder: `node ${name}`, value: address })),
    ...(spec?.podCIDRs ?? []).map((value) => ({ holder: `the pods of node ${name}`, value })),
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
