import type { Cluster } from "../../cluster/cluster.ts";
import { isVnicError, VnicError } from "../../base/errors.ts";
import { foreignRecordError, isOwn, ownedBy } from "../../model/kubernetes/ownership.ts";
import { ownerOf } from "../../model/kubernetes/record.ts";
import type { NetworkDefinition } from "../../model/network/definition.ts";
import { networkInRecord, networkRecordOf, type StoredNetwork } from "../../model/network/record.ts";
import { releaseIfUnused, vnicsOn } from "./usage.ts";

/* The record of a Network resource. */

/** Data about a network from outside its record. */
export interface KnownNetwork {
  readonly uid: string;
  readonly name: string;
}

/** Writes the record. Refuses one that was declared elsewhere, or is being deleted. */
export async function ensureNetwork(
  cluster: Cluster,
  definition: NetworkDefinition,
  known?: KnownNetwork,
): Promise<StoredNetwork> {
  const found = await cluster.findNetwork(definition.name);
  if (found && found.metadata.uid !== known?.uid && !isOwn(found, definition.declaredBy))
    throw foreignNetworkError(found);
  if (found?.metadata.deletionTimestamp)
    throw new VnicError("refused", `name: VnicNetwork ${definition.name} is being deleted; try again when it is gone`);
  // An owner that the record has lost is written again.
  const owner = found && ownerOf(found);
  const owned = owner === undefined ? definition : ownedBy(definition, owner);
  try {
    return await cluster.applyNetwork(networkRecordOf(owned), { force: found !== undefined });
  } catch (error) {
    if (!isVnicError(error, "conflict")) throw error;
    const other = await cluster.findNetwork(definition.name);
    throw other ? foreignNetworkError(other) : error;
  }
}

/** The record's current definition; undefined if the record is gone, or if another record has its name. */
export async function readNetwork(cluster: Cluster, name: string, uid?: string) {
  const found = await cluster.findNetwork(name);
  if (!found || (uid !== undefined && found.metadata.uid !== uid)) return undefined;
  return { definition: networkInRecord(found), uid: found.metadata.uid };
}

/** Deletes the record; refuses while Vnics use the network. Succeeds if it is gone. */
export async function removeNetwork(cluster: Cluster, { name, uid }: KnownNetwork): Promise<void> {
  const found = await cluster.findNetwork(name);
  if (found?.metadata.uid !== uid) return;
  await refuseInUse(cluster, name);
  await cluster.deleteNetwork(name, uid);
  await releaseIfUnused(cluster, name);
  // If a Vnic was added in the meantime, the finalizer keeps the network until that Vnic is gone.
  if ((await cluster.findNetwork(name))?.metadata.uid === uid) await refuseInUse(cluster, name);
}

async function refuseInUse(cluster: Cluster, name: string): Promise<void> {
  const users = await vnicsOn(cluster, name);
  if (users.length === 0) return;
  const some = users.slice(0, 5).join(", ");
  const more = users.length > 5 ? ` and ${users.length - 5} more` : "";
  throw new VnicError("refused", `VnicNetwork ${name} is in use by Vnic ${some}${more}; delete them first`);
}

function foreignNetworkError(record: StoredNetwork): VnicError {
  const remedy = "choose another name, or name that one in the Vnics";
  return foreignRecordError(`VnicNetwork ${record.metadata.name}`, record, remedy);
}
