import type { Cluster } from "../cluster/cluster.ts";
import type { Definition } from "../model/vnic/definition.ts";
import { VnicError } from "../base/errors.ts";
import { deriveMac, vnicId } from "../model/names.ts";
import { networkWords } from "../model/network/reference.ts";
import { fixedAddresses, holderSelectors, type StoredVnic, vnicRef } from "../model/vnic/record.ts";

/**
 * Refuses a MAC or an address that another Vnic holds behind the same parent. Asked before the record is written, so that
 * nothing is touched, and once more with the record (`own`) in place: of two that came at the same moment, the later yields.
 */
export async function refuseHeldByOthers(cluster: Cluster, definition: Definition, own?: StoredVnic): Promise<void> {
  const ref = vnicRef(definition);
  const found = await Promise.all(holderSelectors(definition).map((selector) => cluster.listVnics(selector)));
  for (const other of found.flat()) {
    if (vnicId(other.metadata) === vnicId(ref)) continue;
    const shared = sharedWith(other, definition);
    if (!shared || (own && !cameBefore(other, own, shared.value))) continue;
    const { spec } = other;
    const holder = `Vnic ${vnicId(other.metadata)} (pod ${spec.pod.name}) ${whereabouts(spec.network)}`;
    throw new VnicError("conflict", `${shared.property}: ${shared.value} is held by ${holder}; choose another`);
  }
}

/** The network that two Vnics share, in words. */
function whereabouts(network: StoredVnic["spec"]["network"]): string {
  return "parent" in network ? `behind parent ${network.parent}` : `on network ${networkWords({ ...network })}`;
}

/** The first thing of the definition that the other one has, too. */
function sharedWith(
  { metadata, spec }: StoredVnic,
  { mac, addresses }: Definition,
): { property: string; value: string } | undefined {
  if ((spec.mac ?? deriveMac(metadata)) === mac) return { property: "mac", value: mac };
  const theirs = fixedAddresses(spec).map(hostOf);
  const index = addresses.findIndex((address) => theirs.includes(hostOf(address)));
  return index < 0 ? undefined : { property: `addresses[${index}]`, value: hostOf(addresses[index] ?? "") };
}

/**
 * Whether the other one's claim was written before ours. Then it can't have seen ours, and we yield; if it was written
 * after, it is sure to see ours. A claim is a write, so it is as old as the record's resource version (comparable since
 * KEP-5504), unless the record was written again since: then what it holds is in its status.
 */
function cameBefore(other: StoredVnic, own: StoredVnic, value: string): boolean {
  const held = other.status?.interface;
  if (held?.mac === value || held?.addresses.map(hostOf).includes(value)) return true;
  return BigInt(other.metadata.resourceVersion) < BigInt(own.metadata.resourceVersion);
}

function hostOf(cidr: string): string {
  return cidr.split("/")[0] ?? cidr;
}
