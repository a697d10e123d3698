import { applySet, observeSet, removeSet } from "../lifecycle/vnic-set.ts";
import { parseVnicId, vnicId } from "../model/names.ts";
import { differenceIn } from "../model/schema/difference.ts";
import { parseSetDefinition, type SetDefinition } from "../model/vnic-set/definition.ts";
import { setFields } from "../model/vnic-set/fields.ts";
import { setDefinitionOf, storedSetShape, type VnicSetState } from "../model/vnic-set/state.ts";
import { hooksOf, operationOf } from "./resource-hooks.ts";

const hooks = hooksOf<SetDefinition, VnicSetState>({
  kind: "VnicSet",
  idOf: vnicId,
  parse: parseSetDefinition,
  stored: storedSetShape,
  definitionOf: setDefinitionOf,

  difference: (stored, wanted) => differenceIn(setFields, stored, wanted),
  // Wait again for pods that had no Vnic when the set was last read.
  needsRepair: ({ ready, desired }) => ready < desired,

  incompleteMessage: "not all of its pods are served",
  apply: (driver, definition, known) => applySet(driver, definition, operationOf(definition, known)),

  observe: (driver, id, known) => observeSet(driver, parseVnicId(id), known),

  remove: (driver, _id, known) => removeSet(driver, known),
});

export const { configure, check, diff, create, update, read } = hooks;
const { delete: remove } = hooks;
export { remove as delete };
