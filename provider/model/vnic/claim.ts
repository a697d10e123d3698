import { annotations } from "../names.ts";
import { isFirstUnderWay } from "./attempt.ts";
import type { MetadataChange, StoredVnic } from "./record.ts";

/* The annotations by which a driver claims a record. */

/** The text of the claim on a record; undefined if no driver is working on the Vnic. */
export function claimOn({ metadata, status }: StoredVnic): string | undefined {
  const notes = metadata.annotations ?? {};
  // The first status with a result ends the creator's claim, which saves the request that would remove it.
  return notes[annotations.claim] ?? (isFirstUnderWay(status) ? notes[annotations.createdBy] : undefined);
}

/** The change of a record's metadata that claims it, and removes the claim of its creator. */
export function claimWith({ metadata }: StoredVnic, text: string): MetadataChange {
  const former = metadata.annotations?.[annotations.createdBy] === undefined ? {} : { [annotations.createdBy]: null };
  return { annotations: { ...former, [annotations.claim]: text } };
}
