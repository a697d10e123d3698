import type { Cluster } from "../cluster/cluster.ts";
import type { Definition } from "../model/definition.ts";
import { VnicError } from "../model/errors.ts";
import { vnicId } from "../model/names.ts";
import { holderSelectors, ownerOf, type StoredVnic, vnicRef } from "../model/record.ts";

/** Refuses a record that somebody else declared. */
export function refuseForeign(record: StoredVnic, owners: readonly (string | undefined)[]): void {
  const owner = ownerOf(record);
  if (owner !== undefined && owners.includes(owner)) return;
  const by = owner === undefined ? "was not declared by Pulumi" : `is declared by ${owner}`;
  throw new VnicError(
    "conflict",
    `name: Vnic ${vnicId(record.metadata)} exists already and ${by}; choose another name, or remove that one first`,
  );
}

/**
 * Refuses a MAC or an address that another Vnic behind the same parent holds. Asked before the record is written, so that
 * nothing is touched, and once more with the record in place: of two that came at the same moment, the later one yields.
 */
export async function refuseHeldByOthers(cluster: Cluster, definition: Definition, own?: StoredVnic): Promise<void> {
  const ref = vnicRef(definition);
  const found = await Promise.all(holderSelectors(definition).map((selector) => cluster.listVnics(selector)));
  for (const other of found.flat()) {
    if (vnicId(other.metadata) === vnicId(ref) || (own && isEarlier(own, other))) continue;
    const { spec } = other;
    const holder = `is held by Vnic ${vnicId(other.metadata)} (pod ${spec.pod.name}) behind parent ${spec.network.parent}; choose another`;
    if (spec.mac === definition.mac) throw new VnicError("conflict", `mac: ${definition.mac} ${holder}`);
    definition.addresses.forEach((address, index) => {
      if (spec.addresses.some((theirs) => hostOf(theirs) === hostOf(address)))
        throw new VnicError("conflict", `addresses[${index}]: ${hostOf(address)} ${holder}`);
    });
  }
}

function isEarlier(one: StoredVnic, other: StoredVnic): boolean {
  const [a, b] = [one, other].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.uid}`);
  return (a ?? "") < (b ?? "");
}

function hostOf(cidr: string): string {
  return cidr.split("/")[0] ?? cidr;
}
