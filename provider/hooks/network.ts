import { Deadline } from "../lifecycle/deadline.ts";
import { awaitDepartures } from "../lifecycle/network/departures.ts";
import { ensureNetwork, readNetwork, removeNetwork } from "../lifecycle/network/network-record.ts";
import { type NetworkDefinition, parseNetwork } from "../model/network/definition.ts";
import { networkResourceFields } from "../model/network/fields.ts";
import { differenceIn } from "../model/schema/difference.ts";
import { pick } from "../model/schema/field.ts";
import { labelName } from "../model/schema/fields.ts";
import { schemaVersion } from "../model/vnic/state.ts";
import { packageVersion } from "../base/package.ts";
import { hooksOf, type StoredState } from "./resource-hooks.ts";

/** How long a deletion waits for Vnics that are being deleted. */
const deleteSeconds = 120;

/** The outputs of a Network in Pulumi's state: its definition, and its record's UID. */
interface NetworkState extends NetworkDefinition, StoredState {}

const hooks = hooksOf<NetworkDefinition, NetworkState>({
  kind: "Network",
  idOf: ({ name }) => name,
  parse: parseNetwork,
  stored: { fields: networkResourceFields, used: { name: labelName } },
  definitionOf: (state) => pick(networkResourceFields, state) as NetworkDefinition,

  difference: (stored, wanted) => differenceIn(networkResourceFields, stored, wanted),

  incompleteMessage: "is not complete",
  apply: async ({ cluster }, definition, known) => {
    const { metadata } = await ensureNetwork(cluster, definition, known);
    return stateOf(definition, metadata.uid);
  },

  observe: async ({ cluster }, id, known, { declaredBy }) => {
    const found = await readNetwork(cluster, id, known?.uid);
    if (!found) return undefined;
    return stateOf({ ...found.definition, ...(declaredBy === undefined ? {} : { declaredBy }) }, found.uid);
  },

  remove: async (driver, id, known) => {
    await awaitDepartures(driver, id, new Deadline(`deleting VnicNetwork ${id}`, deleteSeconds));
    await removeNetwork(driver.cluster, known);
  },
});

function stateOf(definition: NetworkDefinition, uid: string): NetworkState {
  return { ...definition, uid, schemaVersion, providerVersion: packageVersion };
}

export const { configure, check, diff, create, update, read } = hooks;
const { delete: remove } = hooks;
export { remove as delete };
