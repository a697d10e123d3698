import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../cluster/cluster.ts";
import type { Definition } from "../model/vnic/definition.ts";
import { isVnicError, VnicError } from "../base/errors.ts";
import { ownerOf } from "../model/kubernetes/record.ts";
import { alreadyThere, isOwn, type KnownRecord, ownedBy } from "../model/kubernetes/ownership.ts";
import { vnicId } from "../model/names.ts";
import {
  definitionInRecord,
  type Placement,
  placement,
  recordOf,
  toReapply,
  specOf,
  type StoredVnic,
  type VnicSpec,
  vnicRef,
} from "../model/vnic/record.ts";

/* The record of the Vnic that is being injected: whose it is, and how it comes, changes, and goes back. */

/**
 * Whom a record that stands already names as its owner from now on: whoever it does, if that is us; us, if it was adopted.
 * Anybody else's is refused, and so is one to be adopted that is another Vnic.
 */
export function claimedOwner(record: StoredVnic, definition: Definition, known?: KnownRecord): string | undefined {
  if (isOwn(record, definition.declaredBy, known)) return ownerOf(record);
  const what = `Vnic ${vnicId(record.metadata)}`;
  if (!definition.adopt)
    throw alreadyThere(what, record, "adopt it (adopt: true), choose another name, or remove that one first");
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
  const words = (value: unknown) => (value === undefined ? "not given" : JSON.stringify(value));
  return fields
    .filter((field) => !isDeepStrictEqual(there[field], here[field]))
    .map((field) => `${field} is ${words(there[field])} there and ${words(here[field])} here`);
}

/** Applies the record: finalizer, node and pod in it, before anything is done on the node; a new one with `claim` on it. */
export async function ensureRecord(
  cluster: Cluster,
  definition: Definition,
  at: Placement,
  prior: { readonly record: StoredVnic; readonly owner: string | undefined } | undefined,
  claim: Readonly<Record<string, string>>,
): Promise<StoredVnic> {
  const owned = prior ? ownedBy(definition, prior.owner) : definition;
  const record = recordOf(owned, at, prior ? {} : claim);
  try {
    // Ours may be forced back to what it was declared as; a new one must meet no other owner.
    return await cluster.applyVnic(record, { force: prior !== undefined });
  } catch (error) {
    if (!isVnicError(error, "conflict")) throw error;
    const other = await cluster.findVnic(vnicRef(definition));
    if (other) claimedOwner(other, definition);
    throw error;
  }
}

/** Puts the record back to what it was before a try that did nothing: as it stood, which is returned, or not there. */
export async function withdrawRecord(
  cluster: Cluster,
  record: StoredVnic,
  prior: StoredVnic | undefined,
): Promise<StoredVnic | undefined> {
  if (prior) return cluster.applyVnic(toReapply(prior), { force: true });
  const { namespace, name, uid } = record.metadata;
  await cluster.deleteVnic({ namespace, name }, uid);
  await cluster.releaseVnic({ namespace, name }, uid);
  return undefined;
}

/** Writes only our part of a record's metadata, and only if the record is unchanged: its spec is the user's own. */
export async function placeRecord(
  cluster: Cluster,
  record: StoredVnic,
  definition: Definition,
  at: Placement,
): Promise<StoredVnic> {
  const change = placement(record, definition, at);
  return change ? cluster.changeVnic(record, change) : record;
}
