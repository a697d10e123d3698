import { VnicError } from "../../base/errors.ts";
import { truncate } from "../../base/quote.ts";
import { ownerOf, type RecordMetadata } from "./record.ts";

/* Ownership of records. A record is ours if it names us as its owner, or if it is in our state, even after a rename. */

/** A record according to state, independently of renames: its UID and owner. */
export interface KnownRecord {
  readonly uid: string;
  readonly owner?: string;
}

/** Number of characters of an owner that are shown, which may be any text. */
const shownCharacters = 1024;

interface Owned {
  readonly metadata: RecordMetadata;
}

/** Whether a record that exists belongs to the resource that declares it now. */
export function isOwn(record: Owned, declaredBy: string | undefined, known?: KnownRecord): boolean {
  const owner = ownerOf(record);
  if (known && record.metadata.uid === known.uid && owner === known.owner) return true;
  return owner !== undefined && owner === declaredBy;
}

/** The error for a record of another owner; `remedy` says what to do. */
export function foreignRecordError(what: string, record: Owned, remedy: string): VnicError {
  const owner = ownerOf(record);
  const by = owner === undefined ? "was not declared by Pulumi" : `is declared by ${truncate(owner, shownCharacters)}`;
  return new VnicError("conflict", `name: ${what} exists already and ${by}; ${remedy}`);
}

/**
 * The definition to write into a record whose owner is `owner`. After a rename the record keeps its first owner, and so the
 * field manager of everything that was ever applied.
 */
export function ownedBy<Definition extends { readonly declaredBy?: string }>(
  { declaredBy: _, ...definition }: Definition,
  owner: string | undefined,
): Omit<Definition, "declaredBy"> & { readonly declaredBy?: string } {
  return owner === undefined ? definition : { ...definition, declaredBy: owner };
}
