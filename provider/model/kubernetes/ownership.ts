import { VnicError } from "../../base/errors.ts";
import { ownerOf, type RecordMetadata } from "./record.ts";

/* Whose a record is. It is ours if it names us as its owner, or if state knows it, whatever its resource is called by now. */

/** A record as state knows it, through any rename: its UID, and whom it names as its owner. */
export interface KnownRecord {
  readonly uid: string;
  readonly owner?: string;
}

interface Owned {
  readonly metadata: RecordMetadata;
}

/** Whether a record that exists belongs to the resource that declares it now. */
export function isOwn(record: Owned, declaredBy: string | undefined, known?: KnownRecord): boolean {
  const owner = ownerOf(record);
  if (known && record.metadata.uid === known.uid && owner === known.owner) return true;
  return owner !== undefined && owner === declaredBy;
}

/** Refusal of a record that is somebody else's; `remedy` says what to do. */
export function alreadyThere(what: string, record: Owned, remedy: string): VnicError {
  const owner = ownerOf(record);
  const by = owner === undefined ? "was not declared by Pulumi" : `is declared by ${owner}`;
  return new VnicError("conflict", `name: ${what} exists already and ${by}; ${remedy}`);
}

/**
 * The definition that a record gets whose owner is `owner`: after a rename the record keeps its first owner, and with it the
 * field manager of all that was ever applied.
 */
export function ownedBy<Definition extends { readonly declaredBy?: string }>(
  { declaredBy: _, ...definition }: Definition,
  owner: string | undefined,
): Omit<Definition, "declaredBy"> & { readonly declaredBy?: string } {
  return owner === undefined ? definition : { ...definition, declaredBy: owner };
}
