import { parseJson } from "../../base/json.ts";
import { annotations } from "../names.ts";
import type { Holding } from "./address.ts";

/* What a record's metadata says of the addresses that it may hold: where to look for them when it goes. It proves nothing, as a
   tenant may write it; whose an address is, its own object says. */

type Held = Pick<Holding, "segment" | "value">;

/** More than a Vnic can have. */
const most = 1000;
const longest = 200;

/** The text of the annotation. */
export function writeHeld(held: readonly Held[]): string {
  return JSON.stringify([...new Set(held.map(({ segment, value }) => `${segment} ${value}`))].sort());
}

/** The addresses in the annotation of a record; none where it has no annotation, or one that isn't understood. */
export function readHeld({ annotations: notes }: { readonly annotations?: Readonly<Record<string, string>> }): Held[] {
  const list = parseJson(notes?.[annotations.held] ?? "");
  if (!Array.isArray(list)) return [];
  return list.slice(0, most).flatMap((entry) => {
    const [, segment, value] = typeof entry === "string" ? (/^(.+) (\S+)$/.exec(entry.slice(0, longest)) ?? []) : [];
    return segment === undefined || value === undefined ? [] : [{ segment, value }];
  });
}

/** Whether a record's annotation speaks of just these addresses and MACs, on whatever segments. */
export function holdsJust(
  metadata: { readonly annotations?: Readonly<Record<string, string>> },
  values: readonly string[],
): boolean {
  const held = new Set(readHeld(metadata).map(({ value }) => value));
  const wanted = new Set(values);
  return held.size === wanted.size && [...wanted].every((value) => held.has(value));
}
