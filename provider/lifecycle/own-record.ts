import type { Cluster } from "../cluster/cluster.ts";
import type { Definition } from "../model/definition.ts";
import { isVnicError, VnicError } from "../model/errors.ts";
import { vnicId } from "../model/names.ts";
import type { RunningPod } from "../model/pod.ts";
import { ownerOf, recordOf, rewritten, type StoredVnic, vnicRef } from "../model/record.ts";

/* The record of the Vnic that is being injected: whose it is, and how it comes, changes, and goes back. */

/** Refuses a record that somebody else declared. `knownUid` is the UID by which state knows its own, through any rename. */
export function refuseForeign(record: StoredVnic, declaredBy: string | undefined, knownUid?: string): void {
  const owner = ownerOf(record);
  if (record.metadata.uid === knownUid || (owner !== undefined && owner === declaredBy)) return;
  const by = owner === undefined ? "was not declared by Pulumi" : `is declared by ${owner}`;
  throw new VnicError(
    "conflict",
    `name: Vnic ${vnicId(record.metadata)} exists already and ${by}; choose another name, or remove that one first`,
  );
}

/** Applies the record: finalizer, node and pod in it, before anything is done on the node. */
export async function ensureRecord(
  cluster: Cluster,
  definition: Definition,
  pod: RunningPod,
  prior: StoredVnic | undefined,
): Promise<StoredVnic> {
  // After a rename the record keeps its first owner, and with it the field manager of all that was ever applied.
  const owner = prior ? ownerOf(prior) : definition.declaredBy;
  const { declaredBy: _, ...rest } = definition;
  const record = recordOf({ ...rest, ...(owner === undefined ? {} : { declaredBy: owner }) }, pod);
  try {
    // Ours may be forced back to what it was declared as; a new one must meet no other owner.
    return await cluster.applyVnic(record, { force: prior !== undefined });
  } catch (error) {
    if (!isVnicError(error, "conflict")) throw error;
    const other = await cluster.findVnic(vnicRef(definition));
    if (other) refuseForeign(other, definition.declaredBy);
    throw error;
  }
}

/** Puts the record back to what it was before a try that did nothing: as it stood, or not there. */
export async function withdrawRecord(
  cluster: Cluster,
  record: StoredVnic,
  prior: StoredVnic | undefined,
): Promise<void> {
  if (prior) {
    await cluster.applyVnic(rewritten(prior), { force: true });
    return;
  }
  const { namespace, name, uid } = record.metadata;
  await cluster.deleteVnic({ namespace, name }, uid);
  await cluster.releaseVnic({ namespace, name }, uid);
}
