import type { Definition } from "./definition.ts";
import { VnicError } from "./errors.ts";
import type { Association, Interface } from "./session-protocol.ts";

/** Shape of the outputs below; an older package refuses a newer one. */
export const schemaVersion = 1;

/** What Pulumi stores of a Vnic: its definition as applied, and what came of it. */
export interface VnicState extends Definition {
  readonly schemaVersion: number;
  /** Of this package, when it last wrote the state. */
  readonly providerVersion: string;
  /** Of the record; also the name of the Vnic resource file on the node. */
  readonly uid: string;
  /** Where it is realised. */
  readonly node: string;
  readonly podUid: string;
  /** Absent until the NIC is in the pod. */
  readonly sandboxId?: string;
  /** The NIC as it was last seen in the pod. */
  readonly interface?: Interface;
}

/** Refuses state of a shape that this package doesn't know; older ones it must all read. */
export function refuseNewer(state: VnicState): void {
  if (state.schemaVersion <= schemaVersion) return;
  throw new VnicError(
    "invalid",
    `the state of Vnic ${state.pod.namespace}/${state.name} was written by pulumi-vnic ${state.providerVersion}; install that version or a newer one`,
  );
}

/** Outputs: the definition as applied, and what came of it. */
export function stateOf(
  definition: Definition,
  made: {
    uid: string;
    node: string;
    podUid: string;
    association?: Association;
    interface?: Interface;
    providerVersion: string;
  },
): VnicState {
  return withoutUndefined({
    ...definition,
    schemaVersion,
    providerVersion: made.providerVersion,
    uid: made.uid,
    node: made.node,
    podUid: made.podUid,
    sandboxId: made.association?.sandboxId,
    interface: made.interface,
  }) as VnicState;
}

/**
 * A copy without keys whose value is `undefined`: a single one anywhere makes the dynamic provider fail with
 * "Unexpected struct type" after the work was done. Anything that Pulumi's wire format has no type for is an error that
 * names its path.
 */
export function withoutUndefined(value: unknown, path = "outputs"): unknown {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map((item, index) => withoutUndefined(item ?? null, `${path}[${index}]`));
  if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item, `${path}.${key}`)]));
  }
  throw new TypeError(`${path} is a ${typeof value}, which can't be stored in state`);
}

/** The definition within outputs. */
export function definitionOf(state: VnicState): Definition {
  const { name, pod, network, addresses, mac, interfaceName, mtu, deadlines, declaredBy } = state;
  return withoutUndefined({
    name,
    pod,
    network,
    addresses,
    mac,
    interfaceName,
    mtu,
    deadlines,
    declaredBy,
  }) as Definition;
}
