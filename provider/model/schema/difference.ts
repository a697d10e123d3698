import type { Fields } from "./field.ts";
import { compare } from "./known.ts";

/** The changed properties, by what their change leads to. */
export interface Difference<Property extends string = string> {
  readonly update: readonly Property[];
  readonly replace: readonly Property[];
}

/**
 * Compares the applied with the wanted definition, property by property, by a table of fields. Does no I/O. An unknown
 * value may turn out to be unchanged, so it is planned as an update; a replacement is planned only for a known difference.
 * `mustReplace` can decide otherwise for a property whose change may lead to a replacement.
 */
export function differenceIn<F extends Fields, Property extends keyof F & string = keyof F & string>(
  fields: F,
  applied: Values<Property>,
  wanted: Values<Property>,
  mustReplace = (property: Property) => compare(applied[property], wanted[property]) === "different",
): Difference<Property> {
  const update: Property[] = [];
  const replace: Property[] = [];
  for (const property of Object.keys(fields) as Property[]) {
    const consequence = fields[property]!.change;
    if (consequence === "nothing" || compare(applied[property], wanted[property]) === "same") continue;
    (consequence === "replace" && mustReplace(property) ? replace : update).push(property);
  }
  return { update, replace };
}

type Values<Property extends string> = Readonly<Partial<Record<Property, unknown>>>;
