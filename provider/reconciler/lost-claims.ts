import type { Cluster, Watched } from "../cluster/cluster.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { vnicId } from "../model/names.ts";
import { isRealised } from "../model/vnic/pending.ts";
import type { StoredVnic } from "../model/vnic/record.ts";

/*
 * VnicAddresses that somebody has deleted while their Vnics have the addresses, such as by deleting all objects of the kind. Until
 * they are claimed again, another Vnic could get the addresses.
 */

/** The IDs of attached Vnics whose statuses name claims that aren't there. The lists may be slightly behind. */
export function vnicsWithoutClaims(
  addresses: Pick<Watched<StoredAddress>, "list">,
  vnics: Pick<Watched<StoredVnic>, "list">,
): string[] {
  const holders = new Map(addresses.list().map(({ metadata, spec }) => [metadata.name, spec.holder.uid]));
  return vnics
    .list()
    .filter((vnic) => isConcerned(vnic) && namesOf(vnic).some((name) => holders.get(name) !== vnic.metadata.uid))
    .map(({ metadata }) => vnicId(metadata));
}

/** The ID of the attached Vnic that had a claim, according to its status, when the claim was deleted. */
export function vnicWithout(
  { metadata: { name }, spec: { holder } }: StoredAddress,
  vnics: Pick<Watched<StoredVnic>, "listIn">,
): string | undefined {
  const vnic = vnics.listIn(holder.namespace).find(({ metadata }) => metadata.uid === holder.uid);
  return vnic && isConcerned(vnic) && namesOf(vnic).includes(name) ? vnicId(vnic.metadata) : undefined;
}

/** Whether a claim that the record's status names is gone or has another holder. Reads each of them. */
export async function hasLostClaims(cluster: Pick<Cluster, "findAddress">, vnic: StoredVnic): Promise<boolean> {
  for (const name of namesOf(vnic))
    if ((await cluster.findAddress(name))?.spec.holder.uid !== vnic.metadata.uid) return true;
  return false;
}

/** Drivers free the claims of a Vnic that is deleted or changed. */
function isConcerned(vnic: StoredVnic): boolean {
  return !vnic.metadata.deletionTimestamp && isRealised(vnic);
}

function namesOf({ status }: StoredVnic): string[] {
  return (status?.addressClaims ?? []).map(({ name }) => name);
}
