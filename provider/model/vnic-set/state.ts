import * as z from "zod";
import { ownerOf } from "../kubernetes/record.ts";
import type { StoredVnic } from "../vnic/record.ts";
import { schemaVersion, withoutUndefined } from "../vnic/state.ts";
import type { Interface } from "../wire/session-protocol.ts";
import { pick } from "../schema/field.ts";
import { labelName } from "../schema/fields.ts";
import { storedDeadlines } from "../schema/shared-fields.ts";
import type { StoredShape } from "../schema/stored.ts";
import type { SetDefinition } from "./definition.ts";
import { setFields } from "./fields.ts";
import type { StoredVnicSet } from "./record.ts";

/** The outputs of a VnicSet in Pulumi's state: the applied definition and its result. */
export interface VnicSetState extends SetDefinition {
  readonly schemaVersion: number;
  /** Version of this package that last wrote the state. */
  readonly providerVersion: string;
  /** UID of the record. */
  readonly uid: string;
  /** UID of the cluster in which it was created; absent in state of earlier versions. */
  readonly clusterUid?: string;
  /** Owner in the record. After a rename it is still the first URN, unlike `declaredBy`. */
  readonly owner?: string;
  /** Number of pods that should have a Vnic, and number of these whose Vnic is ready, when last read. */
  readonly desired: number;
  readonly ready: number;
  /** The addresses of each pod that has a Vnic. */
  readonly podAddresses: Readonly<Record<string, readonly string[]>>;
}

/** The parts of a {@link VnicSetState} by which hooks work. */
export const storedSetShape: StoredShape = {
  fields: setFields,
  used: { name: labelName, namespace: labelName, deadlines: storedDeadlines, desired: z.number(), ready: z.number() },
};

/** Outputs from the applied definition and the set's status. */
export function setStateOf(
  definition: SetDefinition,
  set: StoredVnicSet,
  members: readonly StoredVnic[],
  providerVersion: string,
): VnicSetState {
  const owner = ownerOf(set);
  return withoutUndefined({
    ...definition,
    schemaVersion,
    providerVersion,
    uid: set.metadata.uid,
    owner,
    desired: set.status?.desired ?? 0,
    ready: set.status?.ready ?? 0,
    podAddresses: Object.fromEntries(
      members
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        // The addresses on the NIC, including a leased one, or else those of the spec.
        .map(({ spec, status }) => [spec.pod.name, addressesOf(status?.interface) ?? spec.addresses]),
    ),
  }) as VnicSetState;
}

function addressesOf(live: Interface | undefined): string[] | undefined {
  return live && [...live.addresses, ...(live.slaacAddresses ?? [])];
}

/** The definition within the outputs. */
export function setDefinitionOf(state: VnicSetState): SetDefinition {
  return pick(setFields, state) as SetDefinition;
}
