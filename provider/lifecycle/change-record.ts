import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../cluster/cluster.ts";
import { isVnicError } from "../base/errors.ts";
import { claimKeys, type MetadataChange, refOf, type StoredVnic } from "../model/vnic/record.ts";

/** How often a change is tried. Each try fails if the claim is renewed between its two requests. */
const maxTries = 10;

/**
 * Changes metadata of a record if nobody has changed its spec or metadata since it was read; otherwise `outdated`. Our
 * own renewals of the claim and writes of the status don't count, because with a slow API server there is always one.
 */
export async function changeUnlessEdited(
  cluster: Cluster,
  read: StoredVnic,
  change: MetadataChange | ((record: StoredVnic) => MetadataChange),
): Promise<StoredVnic> {
  let record = read;
  for (let tries = 1; ; tries++)
    try {
      return await cluster.changeVnic(record, typeof change === "function" ? change(record) : change);
    } catch (error) {
      if (!isVnicError(error, "outdated") || tries === maxTries) throw error;
      const now = await cluster.findVnic(refOf(read));
      if (!now || !isDeepStrictEqual(essenceOf(now), essenceOf(read))) throw error;
      record = now;
    }
}

/** All that others may change of a record. */
function essenceOf({ metadata, spec }: StoredVnic) {
  const { uid, generation, deletionTimestamp, finalizers, labels } = metadata;
  const entries = Object.entries(metadata.annotations ?? {}).filter(([key]) => !claimKeys.includes(key));
  const notes = Object.fromEntries(entries);
  return { uid, generation, deletionTimestamp, finalizers, labels, notes, spec };
}
