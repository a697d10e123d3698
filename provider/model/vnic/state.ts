import type { Definition } from "./definition.ts";
import type { LeaseTerms } from "../lease/lease.ts";
import type { NodeNetwork } from "../network/mode.ts";
import { pick } from "../schema/field.ts";
import { vnicFields } from "./fields.ts";
import type { Interface } from "../wire/session-protocol.ts";

/** Shape of the outputs below; an older package refuses a newer one. */
export const schemaVersion = 1;

/** A named network as it was applied to a Vnic. */
export interface NetworkOnNode extends NodeNetwork {
  readonly mtu?: number;
  readonly gateways?: readonly string[];
}

/** What Pulumi stores of a Vnic: its definition as applied, and what came of it. */
export interface VnicState extends Definition {
  /** Fixed addresses, followed by the leased one. */
  readonly addresses: readonly string[];
  /** Lease from DHCP, without its times, which no plan should show. */
  readonly lease?: LeaseTerms;
  readonly schemaVersion: number;
  /** Version of this package that last wrote the state. */
  readonly providerVersion: string;
  /** UID of the record; also the name of the Vnic resource file on the node. */
  readonly uid: string;
  /** UID of the cluster that it was made in; absent in what earlier versions stored. */
  readonly clusterUid?: string;
  /** Where it is realised. */
  readonly node: string;
  readonly podUid: string;
  /** Owner in the record. After a rename it is still the first URN, unlike `declaredBy`. */
  readonly owner?: string;
  /** Absent while the NIC isn't in the pod. */
  readonly sandboxId?: string;
  /** What a network that is named came to on that node; absent for one that is given inline. */
  readonly networkOnNode?: NetworkOnNode;
  /** The NIC as it was last seen in the pod. */
  readonly interface?: Interface;
  /** What is not as it should be, in words; the next update mends it. Absent when all is well. */
  readonly drift?: readonly string[];
}

/** What came of a definition. */
export type Made = Omit<VnicState, keyof Definition | "schemaVersion" | "providerVersion" | "clusterUid">;

/** Outputs: the definition as applied, and what came of it. */
export function stateOf(definition: Definition, made: Made, providerVersion: string): VnicState {
  const addresses = [...definition.addresses, ...(made.lease ? [made.lease.address] : [])];
  return withoutUndefined({ ...definition, ...made, addresses, schemaVersion, providerVersion }) as VnicState;
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
  const addresses = state.addresses.filter((address) => address !== state.lease?.address);
  return pick(vnicFields, { ...state, addresses }) as Definition;
}
