import { compare } from "../schema/known.ts";
import type { SetDefinition } from "./definition.ts";
import { setFields } from "./fields.ts";

/**
 * Compares the applied with the wanted definition, property by property; unknown values may turn out to be unchanged.
 */
export function setDifference(applied: Partial<SetDefinition>, wanted: Partial<SetDefinition>) {
  const compared = (Object.keys(setFields) as (keyof SetDefinition)[])
    .filter((property) => setFields[property].change !== "nothing")
    .map((property) => ({ property, comparison: compare(applied[property], wanted[property]) }))
    .filter(({ comparison }) => comparison !== "same");
  const replaces = ({ property, comparison }: (typeof compared)[number]) =>
    setFields[property].change === "replace" && comparison === "different";
  return {
    update: compared.filter((one) => !replaces(one)).map(({ property }) => property),
    replace: compared.filter(replaces).map(({ property }) => property),
  };
}
