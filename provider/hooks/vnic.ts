import { isDeepStrictEqual } from "node:util";
import { Deadline } from "../lifecycle/deadline.ts";
import { eject } from "../lifecycle/eject.ts";
import { inject } from "../lifecycle/inject.ts";
import { discover, observe } from "../lifecycle/observe.ts";
import { type Definition, fromInputs, inputsOf, parseDefinition } from "../model/vnic/definition.ts";
import { difference } from "../model/vnic/diff.ts";
import { parseVnicId, vnicId } from "../model/names.ts";
import { vnicRef } from "../model/vnic/record.ts";
import { definitionOf, storedVnicShape, type VnicState } from "../model/vnic/state.ts";
import { readInputs, readState } from "../model/vnic/stored.ts";
import { hooksOf, operationOf } from "./resource-hooks.ts";

const hooks = hooksOf<Definition, VnicState>({
  kind: "Vnic",
  idOf: (definition) => vnicId(vnicRef(definition)),
  parse: parseDefinition,
  inputsOf,
  fromInputs,
  stored: storedVnicShape,
  upgrade: readState,
  definitionOf,

  difference: (stored, wanted) =>
    // Equal inputs have equal defaults. This shortcut matters, because a refresh asks for all unchanged Vnics.
    isDeepStrictEqual(definitionOf(stored), wanted)
      ? { update: [], replace: [] }
      : difference(definitionOf(readState(stored)), readInputs(wanted)),
  // The last refresh found drift.
  needsRepair: ({ drift }) => drift !== undefined,

  incompleteMessage: "is not complete",
  apply: (driver, definition, known) => {
    return inject(driver, definition, operationOf(definition, known)).finally(() => driver.surveyor.forget());
  },

  observe: (driver, id, known) => {
    const ref = parseVnicId(id);
    return known ? observe(driver, ref, known, { view: driver.surveyor.nextView() }) : discover(driver, ref);
  },

  remove: async (driver, id, { uid, owner, node, pod, deadlines }) => {
    const deadline = new Deadline(`ejecting Vnic ${id} from pod ${pod.namespace}/${pod.name}`, deadlines.deleteSeconds);
    const known = { ...(owner === undefined ? {} : { owner }), ...(node === "" ? {} : { node }) };
    const remembered = { uid, ...known, podName: pod.name };
    await eject(driver, parseVnicId(id), remembered, deadline).finally(() => driver.surveyor.forget());
  },
});

export const { configure, check, diff, create, update, read } = hooks;
const { delete: remove } = hooks;
export { remove as delete };
