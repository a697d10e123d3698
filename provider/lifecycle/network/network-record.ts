import type { Cluster } from "../../cluster/cluster.ts";
import { isVnicError, VnicError } from "../../base/errors.ts";
import { annotations } from "../../model/names.ts";
import type { NetworkDefinition } from "../../model/network/definition.ts";
import { networkInRecord, networkRecordOf, type StoredNetwork } from "../../model/network/record.ts";
import { releaseIfUnused, vnicsOn } from "./vnic-network.ts";

/* The record of a network that a Pulumi resource stands for. */

/** What is remembered of a network outside its record. */
export interface KnownNetwork {
  readonly uid: string;
  readonly name: string;
}

/** Writes the record; refuses one that somebody else declared, or that is on its way out. */
export async function ensureNetwork(
  cluster: Cluster,
  definition: NetworkDefinition,
  known?: KnownNetwork,
): Promise<StoredNetwork> {
  const found = await cluster.findNetwork(definition.name);
  const owner = found?.metadata.annotations?.[annotations.owner];
  const isOurs = found !== undefined && (found.metadata.uid === known?.uid || owner === definition.declaredBy);
  if (found && !isOurs) throw taken(definition.name, owner);
  if (found?.metadata.deletionTimestamp)
    throw new VnicError("refused", `name: VnicNetwork ${definition.name} is being deleted; try again when it is gone`);
  // After a rename the record keeps its first owner, and with it the field manager of all that was ever applied.
  const declared = found && owner !== undefined ? { ...definition, declaredBy: owner } : definition;
  try {
    return await cluster.applyNetwork(networkRecordOf(declared), { force: found !== undefined });
  } catch (error) {
    if (!isVnicError(error, "conflict")) throw error;
    const other = await cluster.findNetwork(definition.name);
    throw other ? taken(definition.name, other.metadata.annotations?.[annotations.owner]) : error;
  }
}

/** What the record says now; undefined when it is gone, or another one has its name. */
export async function readNetwork(cluster: Cluster, name: string, uid?: string) {
  const found = await cluster.findNetwork(name);
  if (!found || (uid !== undefined && found.metadata.uid !== uid)) return undefined;
  return { definition: networkInRecord(found), uid: found.metadata.uid };
}

/** Deletes the record; refuses as long as Vnics are on the network. Fine when it is gone. */
export async function removeNetwork(cluster: Cluster, { name, uid }: KnownNetwork): Promise<void> {
  const found = await cluster.findNetwork(name);
  if (found?.metadata.uid !== uid) return;
  await refuseInUse(cluster, name);
  await cluster.deleteNetwork(name, uid);
  await releaseIfUnused(cluster, name);
  // A Vnic that came in between keeps it until that one goes.
  if ((await cluster.findNetwork(name))?.metadata.uid === uid) await refuseInUse(cluster, name);
}

async function refuseInUse(cluster: Cluster, name: string): Promise<void> {
  const users = await vnicsOn(cluster, name);
  if (users.length === 0) return;
  const some = users.slice(0, 5).join(", ");
  const more = users.length > 5 ? ` and ${users.length - 5} more` : "";
  throw new VnicError("refused", `VnicNetwork ${name} is in use by Vnic ${some}${more}; delete them first`);
}

function taken(name: string, owner: string | undefined): VnicError {
  const by = owner === undefined ? "was not declared by Pulumi" : `is declared by ${owner}`;
  return new VnicError(
    "conflict",
    `name: VnicNetwork ${name} exists already and ${by}; choose another name, or name that one in the Vnics`,
  );
}
