import { compare } from "../schema/known.ts";
import type { SetDefinition } from "./definition.ts";
import { setFields } from "./fields.ts";

/** Compares what was applied with what is asked for now, property by property; what isn't known yet is perhaps the same. */
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
