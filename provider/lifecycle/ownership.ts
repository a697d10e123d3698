import { quoteGiven } from "../base/quote.ts";
import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../cluster/cluster.ts";
import type { Definition } from "../model/vnic/definition.ts";
import { VnicError } from "../base/errors.ts";
import { ownerOf } from "../model/kubernetes/record.ts";
import { foreignRecordError, isOwn, type KnownRecord, ownedBy } from "../model/kubernetes/ownership.ts";
import { vnicId, type VnicRef } from "../model/names.ts";
import {
  definitionInRecord,
  type Placement,
  placementChange,
  recordOf,
  toReapply,
  specOf,
  type StoredVnic,
  type VnicSpec,
  vnicRef,
} from "../model/vnic/record.ts";
import { changeUnlessEdited } from "./change-record.ts";

/* Ownership of the record of a Vnic that is being injected: writing, changing and restoring it. */

/**
 * The owner that an existing record will have: its current owner if that is us, or us if we adopt it. Refuses a record
 * of another owner, and adopting a record of a different Vnic.
 */
export function claimedOwner(record: StoredVnic, definition: Definition, known?: KnownRecord): string | undefined {
  if (isOwn(record, definition.declaredBy, known)) return ownerOf(record);
  const what = `Vnic ${vnicId(record.metadata)}`;
  if (!definition.adopt)
    throw foreignRecordError(what, record, "adopt it (adopt: true), choose another name, or remove that one first");
  const differences = differingFields(specOf(definitionInRecord(record)), specOf(definition));
  if (differences.length > 0)
    throw new VnicError(
      "conflict",
      `name: ${what} exists already and differs from the one to adopt: ${differences.join("; ")}`,
    );
  return definition.declaredBy;
}

function differingFields(there: VnicSpec, here: VnicSpec): string[] {
  const fields = [...new Set([...Object.keys(there), ...Object.keys(here)])] as (keyof VnicSpec)[];
  return fields
    .filter((field) => !isDeepStrictEqual(there[field], here[field]))
    .map((field) => `${field} is ${quoteGiven(there[field])} there and ${quoteGiven(here[field])} here`);
}

/** A record that was to be created exists already. */
export class RecordExistsError extends VnicError {
  constructor(ref: VnicRef) {
    super("outdated", `Vnic ${vnicId(ref)} was created by somebody else meanwhile`);
  }
}

/**
 * Applies the record with finalizer, node and pod, before anything is done on the node. Without a `prior` record it
 * creates one, with the `claim` on it; a `RecordExistsError` means that there is one, and that nothing was changed.
 */
export async function ensureRecord(
  cluster: Cluster,
  definition: Definition,
  at: Placement,
  prior: { readonly record: StoredVnic; readonly owner: string | undefined } | undefined,
  claim: () => Readonly<Record<string, string>>,
): Promise<StoredVnic> {
  if (prior) {
    // Our own record may be forced back to its definition. Its claims name its UID, so another record would hold nothing.
    const how = { force: true, uid: prior.record.metadata.uid };
    return cluster.applyVnic(recordOf(ownedBy(definition, prior.owner), at), how);
  }
  const created = await cluster.createVnic(recordOf(definition, at, claim()));
  if (!created) throw new RecordExistsError(vnicRef(definition));
  return created;
}

/** Restores the record after an attempt that did nothing: to its former state, which is returned, or by deleting it. */
export async function withdrawRecord(
  cluster: Cluster,
  record: StoredVnic,
  prior: StoredVnic | undefined,
): Promise<StoredVnic | undefined> {
  if (prior) return cluster.applyVnic(toReapply(prior), { force: true, uid: prior.metadata.uid });
  const { namespace, name, uid } = record.metadata;
  const marked = await cluster.deleteVnic({ namespace, name }, uid);
  await cluster.releaseVnic({ namespace, name }, uid, marked);
  return undefined;
}

/**
 * Writes only our part of a record's metadata, and only if nobody else has changed the record, because its spec belongs
 * to the user.
 */
export async function writePlacement(
  cluster: Cluster,
  record: StoredVnic,
  definition: Definition,
  at: Placement,
): Promise<StoredVnic> {
  const change = placementChange(record, definition, at);
  return change ? changeUnlessEdited(cluster, record, change) : record;
}
