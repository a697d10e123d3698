import type { Consequence } from "../vnic/diff.ts";
import { compare } from "../schema/known.ts";
import type { SetDefinition } from "./definition.ts";

/* What a change of the template means for the Vnics, each by itself, is in the table of a Vnic's properties. */
const consequences: Record<keyof SetDefinition, Consequence> = {
  name: "replace",
  namespace: "replace",
  selector: "update",
  workload: "update",
  template: "update",
  addresses: "update",
  labels: "update",
  deadlines: "update",
  // Changes with an alias or another parent, and says nothing about the Vnics.
  declaredBy: "nothing",
};

/** Compares what was applied with what is asked for now, property by property; what isn't known yet is perhaps the same. */
export function setDifference(applied: Partial<SetDefinition>, wanted: Partial<SetDefinition>) {
  const compared = (Object.keys(consequences) as (keyof SetDefinition)[])
    .filter((property) => consequences[property] !== "nothing")
    .map((property) => ({ property, comparison: compare(applied[property], wanted[property]) }))
    .filter(({ comparison }) => comparison !== "same");
  const replaces = ({ property, comparison }: (typeof compared)[number]) =>
    consequences[property] === "replace" && comparison === "different";
  return {
    update: compared.filter((one) => !replaces(one)).map(({ property }) => property),
    replace: compared.filter(replaces).map(({ property }) => property),
  };
}
