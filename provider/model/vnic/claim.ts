import { isObject, parseJson } from "../../base/json.ts";
import { annotations } from "../names.ts";
import { isFirstUnderWay } from "./attempt.ts";
import type { MetadataChange, StoredVnic } from "./record.ts";

/* The annotations by which a driver claims a record. */

/** A claim as its annotation says. Without the policies, anybody who may write the record may write it. */
export interface Claim {
  readonly holder: string;
  /** When the holder has renewed it, by the holder's clock, in milliseconds. */
  readonly renewed: number;
}

/** Beyond this age, the reconciler that holds a claim is considered dead. A claim is renewed every 5 s. */
const maxAgeMilliseconds = 60_000;
const reconcilerPrefix = "reconciler ";

/** The name by which other drivers see the reconciler on that host. */
export function reconcilerHolder(host: string): string {
  return `${reconcilerPrefix}${host}`;
}

/** The text of the claim on a record; undefined if no driver is working on the Vnic. */
export function claimOn({ metadata, status }: StoredVnic): string | undefined {
  const notes = metadata.annotations ?? {};
  // The first status with a result ends the creator's claim, which saves the request that would remove it.
  return notes[annotations.claim] ?? (isFirstUnderWay(status) ? notes[annotations.createdBy] : undefined);
}

/** The change of a record's metadata that claims it, removes the claim of its creator, and makes another change. */
export function claimWith({ metadata }: StoredVnic, text: string, more: MetadataChange = {}): MetadataChange {
  const former = metadata.annotations?.[annotations.createdBy] === undefined ? {} : { [annotations.createdBy]: null };
  return { ...more, annotations: { ...more.annotations, ...former, [annotations.claim]: text } };
}

/** Formats the text of a claim. */
export function writeClaim(holder: string, renewed: Date): string {
  return JSON.stringify({ holder, renewed });
}

/** Parses the text of a claim; undefined if there is none, or if it is malformed. */
export function readClaim(text: string | undefined): Claim | undefined {
  const claim = parseJson(text ?? "");
  if (!isObject(claim) || typeof claim["holder"] !== "string") return undefined;
  return { holder: claim["holder"], renewed: Date.parse(String(claim["renewed"])) };
}

/** Whether the reconciler is working on the Vnic. It tries again until it succeeds. */
export function isReconcilerAtWork(record: StoredVnic, now: Date): boolean {
  const claim = readClaim(claimOn(record));
  return (
    claim !== undefined &&
    claim.holder.startsWith(reconcilerPrefix) &&
    // The other machine's clock may be ahead.
    Math.abs(now.getTime() - claim.renewed) <= maxAgeMilliseconds
  );
}
