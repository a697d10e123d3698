import ipaddr from "ipaddr.js";
import * as z from "zod";
import type { Definition } from "./definition.ts";
import type { LeaseTerms } from "../lease/lease.ts";
import type { NodeNetwork } from "../network/mode.ts";
import type { LinkPlacement } from "../network/placement.ts";
import { pick } from "../schema/field.ts";
import { labelName, objectName } from "../schema/fields.ts";
import { storedDeadlines } from "../schema/shared-fields.ts";
import { storedName, type StoredShape, storedUid } from "../schema/stored.ts";
import { quote } from "../../base/quote.ts";
import { vnicFields } from "./fields.ts";
import type { Interface } from "../wire/session-protocol.ts";

/** Version of the outputs' shape. An older package refuses a newer one. */
export const schemaVersion = 1;

/** A named network as it was applied to a Vnic. */
export interface NetworkOnNode extends NodeNetwork {
  readonly mtu?: number;
  readonly gateways?: readonly string[];
  readonly placement?: LinkPlacement;
  /** The name under which the pod lists the Vnic in its annotation network-status, if it does. */
  readonly networkStatus?: string;
}

/** The outputs of a Vnic in Pulumi's state: the applied definition and its result. */
export interface VnicState extends Definition {
  /** Fixed addresses, followed by a leased one. */
  readonly addresses: readonly string[];
  /** The DHCP lease without its times, which would appear as changes in plans. */
  readonly lease?: LeaseTerms;
  readonly schemaVersion: number;
  /** Version of this package that last wrote the state. */
  readonly providerVersion: string;
  /** UID of the record; also the name of the Vnic resource file on the node. */
  readonly uid: string;
  /** UID of the cluster in which it was created; absent in state of earlier versions. */
  readonly clusterUid?: string;
  /** The node on which it is realised. */
  readonly node: string;
  readonly podUid: string;
  /** Owner in the record. After a rename it is still the first URN, unlike `declaredBy`. */
  readonly owner?: string;
  /** Absent while the NIC isn't in the pod. */
  readonly sandboxId?: string;
  /** A named network as resolved for that node; absent for an inline network. */
  readonly networkOnNode?: NetworkOnNode;
  /** The NIC as last seen in the pod. */
  readonly interface?: Interface;
  /** Drift in words, which the next update repairs. Absent if there is none. */
  readonly drift?: readonly string[];
}

/** Any address that the kernel may show, because a pod can give its NIC others than those of the definition. */
const seenAddress = z.string().refine((text) => text.length <= 63 && ipaddr.isValidCIDR(text), {
  error: ({ input }) => `${quote(input)} is not a CIDR address`,
});

/** A reference to a network, of which state has an object in any case. */
const storedNetwork = z
  .looseObject({
    name: z.string().optional(),
    parent: z.string().optional(),
    networkAttachmentDefinition: z.string().optional(),
    definition: z.looseObject({}).optional(),
  })
  .refine(({ name, parent, networkAttachmentDefinition: attachment }) => name ?? parent ?? attachment, {
    error: "has neither name nor parent nor networkAttachmentDefinition",
  });

/** The parts of a {@link VnicState} by which hooks work. */
export const storedVnicShape: StoredShape = {
  fields: vnicFields,
  used: {
    name: labelName,
    pod: z.looseObject({ namespace: labelName, name: objectName }),
    network: storedNetwork,
    addresses: z.array(seenAddress),
    deadlines: storedDeadlines,
    // Both are empty if the Vnic was looked up before it was realised.
    node: storedName,
    podUid: storedUid,
    lease: z.looseObject({ address: seenAddress }).optional(),
    sandboxId: z.string().optional(),
    networkOnNode: z.looseObject({}).optional(),
    drift: z.array(z.string()).optional(),
  },
};

/** The result of realising a definition. */
export type Made = Omit<VnicState, keyof Definition | "schemaVersion" | "providerVersion" | "clusterUid">;

/** Outputs from the applied definition and its result. */
export function stateOf(definition: Definition, made: Made, providerVersion: string): VnicState {
  const addresses = [...definition.addresses, ...(made.lease ? [made.lease.address] : [])];
  return withoutUndefined({ ...definition, ...made, addresses, schemaVersion, providerVersion }) as VnicState;
}

/**
 * A copy without `undefined` values: a single one makes the dynamic provider fail with "Unexpected struct type" after
 * the work is done. Values of types that Pulumi can't serialise are errors that name their path.
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

/** The definition within the outputs. */
export function definitionOf(state: VnicState): Definition {
  const addresses = state.addresses.filter((address) => address !== state.lease?.address);
  return pick(vnicFields, { ...state, addresses }) as Definition;
}
