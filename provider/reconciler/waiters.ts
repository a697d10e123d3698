import { readyOf } from "../model/vnic/pending.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { segmentsOfNetwork } from "../lifecycle/network/vnic-network.ts";
import { networkKey } from "./unavailable-addresses.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { hostOf } from "../base/address.ts";
import { deriveMac, vnicId } from "../model/names.ts";
import { fixedAddresses, type StoredVnic } from "../model/vnic/record.ts";

/** The addresses and the MAC for which a Vnic waits, because another one holds one of them; none if it doesn't wait. */
export function awaitedValues(vnic: StoredVnic): string[] {
  if (!isRefused(vnic)) return [];
  const { metadata, spec } = vnic;
  return [spec.mac ?? deriveMac(metadata), ...fixedAddresses(spec).map(hostOf)];
}

/**
 * The Vnics that wait for an address that was released, longest wait first; `waiting` are those that wait for its
 * value. A Vnic isn't woken by an address that it released itself, because it was refused for another address.
 */
export function waitersFor({ spec }: Pick<StoredAddress, "spec">, waiting: Iterable<StoredVnic>): StoredVnic[] {
  return [...waiting]
    .filter(({ metadata }) => metadata.uid !== spec.holder.uid)
    .sort((one, other) => ageOf(one).localeCompare(ageOf(other)));
}

/** How many networks of one namespace, and how many in all, are read to find out who waits behind the same parent. */
const maxNetworks = { each: 4, all: 64 } as const;

/**
 * The one of these Vnics that is tried first, out of those on the segment of the address. The same value on another segment is
 * another address, for which anybody may wait. Nodes may have another name for a network, so if none of the Vnics is on the segment
 * by its definition, it is the one that has waited longest.
 */
export async function firstWaiter(
  cluster: Cluster,
  { spec: { segment } }: Pick<StoredAddress, "spec">,
  waiters: readonly StoredVnic[],
): Promise<StoredVnic | undefined> {
  const byNetwork = Map.groupBy(waiters, ({ metadata, spec }) => networkKey(spec.network, metadata.namespace));
  if (byNetwork.size < 2) return waiters[0];
  const firsts = [...byNetwork.values()].flatMap((its) => its.slice(0, 1));
  const eldest = [...Map.groupBy(firsts, ({ metadata }) => metadata.namespace).values()]
    .flatMap((its) => its.slice(0, maxNetworks.each))
    .slice(0, maxNetworks.all);
  const areOn = await Promise.all(
    eldest.map(({ metadata, spec }) =>
      segmentsOfNetwork(cluster, spec.network, metadata.namespace).then(
        (segments) => segments.includes(segment),
        () => false,
      ),
    ),
  );
  const on = new Set(eldest.filter((_, index) => areOn[index]));
  return waiters.find((one) => on.has(one)) ?? waiters[0];
}

function isRefused({ metadata, status }: StoredVnic): boolean {
  const ready = readyOf(status);
  return ready?.reason === "HeldByOther" && metadata.deletionTimestamp === undefined;
}

function ageOf({ metadata }: StoredVnic): string {
  return `${metadata.creationTimestamp ?? ""} ${vnicId(metadata)}`;
}
