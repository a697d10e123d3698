import { ownerOf } from "../kubernetes/record.ts";
import type { StoredVnic } from "../vnic/record.ts";
import { schemaVersion, withoutUndefined } from "../vnic/state.ts";
import type { Interface } from "../wire/session-protocol.ts";
import { pick } from "../schema/field.ts";
import type { SetDefinition } from "./definition.ts";
import { setFields } from "./fields.ts";
import type { StoredVnicSet } from "./record.ts";

/** What Pulumi stores of a VnicSet: its definition as applied, and what came of it. */
export interface VnicSetState extends SetDefinition {
  readonly schemaVersion: number;
  /** Version of this package that last wrote the state. */
  readonly providerVersion: string;
  /** UID of the record. */
  readonly uid: string;
  /** UID of the cluster that it was made in; absent in what earlier versions stored. */
  readonly clusterUid?: string;
  /** Owner in the record. After a rename it is still the first URN, unlike `declaredBy`. */
  readonly owner?: string;
  /** Pods that shall have a Vnic, and those that have it, when it was last looked at. */
  readonly desired: number;
  readonly ready: number;
  /** The addresses of each pod that has a Vnic. */
  readonly podAddresses: Readonly<Record<string, readonly string[]>>;
}

/** Outputs: the definition as applied, and what the cluster says of the set. */
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
        // What the kernel shows, as of a lease; else what it shall be.
        .map(({ spec, status }) => [spec.pod.name, addressesOf(status?.interface) ?? spec.addresses]),
    ),
  }) as VnicSetState;
}

function addressesOf(live: Interface | undefined): string[] | undefined {
  return live && [...live.addresses, ...(live.slaacAddresses ?? [])];
}

/** The definition within outputs. */
export function setDefinitionOf(state: VnicSetState): SetDefinition {
  return pick(setFields, state) as SetDefinition;
}
