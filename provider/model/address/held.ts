import { parseTenantJson } from "../../base/json.ts";
import { annotations } from "../names.ts";
import type { WantedAddress } from "./address.ts";

/*
 * The annotation with the addresses that a record may hold, which says where to look for claims when the record is
 * deleted. Without the policies a tenant may write it, so it proves nothing: only the `VnicAddress` objects decide who holds an address.
 */

type Held = Pick<WantedAddress, "segment" | "value">;

/** More than fit into the 256 KiB of an object's annotations. A Vnic holds its values on each parent of its network. */
const maxHeld = 16_384;
const maxTextLength = 200;

/** Formats the annotation. */
export function writeHeld(held: readonly Held[]): string {
  return JSON.stringify([...new Set(held.map(({ segment, value }) => `${segment} ${value}`))].sort());
}

/** Parses the annotation of a record; empty if there is none, or if it is malformed. */
export function readHeld({ annotations: notes }: { readonly annotations?: Readonly<Record<string, string>> }): Held[] {
  const list = parseTenantJson(notes?.[annotations.held] ?? "");
  if (!Array.isArray(list)) return [];
  return list.slice(0, maxHeld).flatMap((entry) => {
    const [, segment, value] =
      typeof entry === "string" ? (/^(.+) (\S+)$/.exec(entry.slice(0, maxTextLength)) ?? []) : [];
    return segment === undefined || value === undefined ? [] : [{ segment, value }];
  });
}

/**
 * Those of a network's segments on which a record's annotation has nothing, because the network got a parent since the Vnic was
 * attached.
 */
export function segmentsWithoutHeld(
  metadata: { readonly annotations?: Readonly<Record<string, string>> },
  segments: readonly string[],
): string[] {
  const held = new Set(readHeld(metadata).map(({ segment }) => segment));
  return segments.filter((segment) => !held.has(segment));
}

/** Whether a record's annotation lists exactly these addresses and MACs, on any segments. */
export function holdsExactly(
  metadata: { readonly annotations?: Readonly<Record<string, string>> },
  values: readonly string[],
): boolean {
  const held = new Set(readHeld(metadata).map(({ value }) => value));
  const wanted = new Set(values);
  return held.size === wanted.size && [...wanted].every((value) => held.has(value));
}
