import { isDeepStrictEqual } from "node:util";
import type { Consequence } from "../vnic/diff.ts";
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

/** Compares what was applied with what is asked for now, property by property. Does no I/O. */
export function setDifference(applied: Partial<SetDefinition>, wanted: Partial<SetDefinition>) {
  const changed = (Object.keys(consequences) as (keyof SetDefinition)[]).filter(
    (property) => !isDeepStrictEqual(applied[property], wanted[property]),
  );
  return {
    update: changed.filter((property) => consequences[property] === "update"),
    replace: changed.filter((property) => consequences[property] === "replace"),
  };
}
