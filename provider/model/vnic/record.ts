import { problemWords } from "../schema/problem.ts";
import { type Definition, parseDefinition } from "./definition.ts";
import { VnicError } from "../../base/errors.ts";
import type { VnicStatus } from "./conditions.ts";
import { termsOf } from "../lease/lease.ts";
import {
  annotations,
  apiVersion,
  finalizer,
  group,
  isObjectName,
  labels,
  networkLabel,
  vnicId,
  type VnicRef,
} from "../names.ts";
import { type OurRecord, ownerOf, type RecordMetadata, type Stored } from "../kubernetes/record.ts";
import type { NodeNetwork } from "../network/mode.ts";
import { type AttachedNetwork, isNamed, type NamedNetwork } from "../network/reference.ts";
import { pick, specFieldsOf, type SpecKey } from "../schema/field.ts";
import { vnicFields } from "./fields.ts";
import { stateOf, type VnicState } from "./state.ts";

const specFields = specFieldsOf(vnicFields);

type Derived = "addresses" | "mac" | "interfaceName";
type Kept = Exclude<SpecKey<typeof vnicFields>, Derived | "pod" | "network">;

/** The definition in a record; derived values may be missing. */
export interface VnicSpec extends Pick<Definition, Kept>, Partial<Pick<Definition, Derived>> {
  /** The pod, in the record's own namespace. */
  readonly pod: { readonly name: string };
  readonly network: NodeNetwork | Omit<NamedNetwork, "definition"> | AttachedNetwork;
}

/** The record: an object `Vnic` of our API group, in the namespace of its pod. */
export interface VnicRecord extends OurRecord<"Vnic", VnicSpec, RecordMetadata & VnicRef> {
  readonly status?: VnicStatus;
}

export type StoredVnic = Stored<VnicRecord>;

/** The explicitly requested addresses. */
export function fixedAddresses({ addresses = [] }: VnicSpec): readonly string[] {
  return addresses;
}

/** The record's namespace and name, without the rest of its metadata. */
export function refOf({ metadata: { namespace, name } }: VnicRecord): VnicRef {
  return { namespace, name };
}

export function vnicRef(definition: Definition): VnicRef {
  return { namespace: definition.pod.namespace, name: definition.name };
}

export function specOf(definition: Definition): VnicSpec {
  const { pod, network, addresses } = definition;
  const { addresses: _, ...rest } = pick(specFields, definition) as VnicSpec;
  return {
    ...rest,
    ...(addresses.length === 0 ? {} : { addresses }),
    pod: { name: pod.name },
    // The definition of a named network is in its own record.
    network: isNamed(network) ? { name: network.name } : network,
  };
}

/**
 * The record to apply before anything is done on a node. It has the finalizer, so that nothing can leak, and node, pod
 * and addresses in its metadata, so that an interrupted creation can be cleaned up. `more`: additional annotations.
 */
export function recordOf(
  definition: Definition,
  at: Placement,
  more: Readonly<Record<string, string>> = {},
): VnicRecord {
  const { declaredBy } = definition;
  const { finalizers, labels: marks, annotations: written } = placementMetadata(definition, at);
  return {
    apiVersion,
    kind: "Vnic",
    metadata: {
      ...vnicRef(definition),
      finalizers,
      labels: { ...definition.labels, ...marks },
      annotations: { ...more, ...written, ...(declaredBy === undefined ? {} : { [annotations.owner]: declaredBy }) },
    },
    spec: specOf(definition),
  };
}

/**
 * The change that gives a place to a record that was realised before and has no place now. Empty for any other record:
 * a record that was never realised gets its place together with the finalizer, when its network is known.
 */
export function newPlaceChange(record: StoredVnic, { node, uid }: Pick<Placement, "node" | "uid">): MetadataChange {
  const { finalizers = [], annotations: notes = {} } = record.metadata;
  const wasRealised = finalizers.includes(finalizer) && notes[annotations.held] !== undefined;
  if (!wasRealised || placementOf(record)) return {};
  return { annotations: { [annotations.node]: node, [annotations.podUid]: uid } };
}

/** The change that takes its place from a record. */
export const noPlaceChange: MetadataChange = { annotations: { [annotations.node]: null, [annotations.podUid]: null } };

/** What a record is expected to be, so that it can be claimed without reading it first. */
export interface ExpectedVnic {
  readonly ref: VnicRef;
  readonly uid: string;
  readonly owner: string;
  /** The node in its status. */
  readonly node: string;
}

/** Where a Vnic will be realised, and the addresses that it may hold there. */
export interface Placement {
  readonly node: string;
  /** UID of the pod. */
  readonly uid: string;
  /** The text of the annotation with its addresses. */
  readonly held: string;
}

/** Our part of a record's metadata. */
function placementMetadata({ network }: Definition, at: Placement) {
  return {
    finalizers: [finalizer],
    labels: {
      [labels.managedBy]: "pulumi-vnic",
      ...(isNamed(network) ? { [labels.network]: networkLabel(network.name) } : {}),
    },
    annotations: { [annotations.node]: at.node, [annotations.podUid]: at.uid, [annotations.held]: at.held },
  };
}

/** A change of a record's metadata; `null` removes an entry. */
export interface MetadataChange {
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
}

/**
 * The metadata change that a record needs before its Vnic is realised at that placement; undefined if the record has
 * this metadata already. Used for records that Pulumi didn't create.
 */
export function placementChange(
  { metadata }: StoredVnic,
  definition: Definition,
  at: Placement,
): MetadataChange | undefined {
  const wanted = placementMetadata(definition, at);
  const { finalizers = [], labels: marks = {}, annotations: notes = {} } = metadata;
  // Labels of older versions, which marked the holder of an address, and of a network that the Vnic isn't on any more.
  const isFormer = (key: string) =>
    key === labels.mac || key.startsWith(labels.address) || (key === labels.network && !(key in wanted.labels));
  const former = Object.keys(marks).filter(isFormer);
  const missing = (there: Readonly<Record<string, string>>, entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).some(([key, value]) => there[key] !== value);
  const complete =
    finalizers.includes(finalizer) &&
    former.length === 0 &&
    !missing(marks, wanted.labels) &&
    !missing(notes, wanted.annotations);
  if (complete) return undefined;
  return {
    finalizers: [...new Set([...finalizers, finalizer])],
    labels: { ...Object.fromEntries(former.map((key) => [key, null])), ...wanted.labels },
    annotations: wanted.annotations,
  };
}

/** The annotations by which drivers claim a record, which aren't part of its definition. */
export const claimKeys: readonly string[] = [annotations.claim, annotations.createdBy];

/** A stored record in the form in which it is applied again: our part of its metadata, and its spec. */
export function toReapply({ apiVersion, kind, metadata, spec }: StoredVnic): VnicRecord {
  const ours = (entries: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(
      Object.entries(entries ?? {}).filter(
        ([key]) => (key.includes(group) || key === labels.managedBy) && !claimKeys.includes(key),
      ),
    );
  const { namespace, name } = metadata;
  const own = { finalizers: [finalizer], labels: ours(metadata.labels), annotations: ours(metadata.annotations) };
  return { apiVersion, kind, metadata: { namespace, name, ...own }, spec };
}

/**
 * Where the Vnic is or was about to be realised, according to the record. Texts that no driver has written count as
 * none, because the node's name becomes a part of requests.
 */
export function placementOf({ metadata }: VnicRecord): { node: string; podUid: string } | undefined {
  const { [annotations.node]: node = "", [annotations.podUid]: podUid = "" } = metadata.annotations ?? {};
  return isObjectName(node) && /^[\w-]{1,128}$/.test(podUid) ? { node, podUid } : undefined;
}

/**
 * The definition in a record: derived values filled in, and every rule applied again, because anybody may have written
 * it.
 */
export function definitionInRecord(record: StoredVnic): Definition {
  const { metadata, spec } = record;
  const { namespace, name } = metadata;
  const parsed = parseDefinition({ ...spec, name, pod: { ...spec.pod, namespace }, declaredBy: ownerOf(record) });
  if ("definition" in parsed) return parsed.definition;
  const problems = problemWords(parsed.problems);
  throw new VnicError("invalid", `Vnic ${vnicId(metadata)}: ${problems}`);
}

/** State computed from the record alone, for a Vnic that isn't in the stack's state yet. */
export function stateOfRecord(record: StoredVnic, providerVersion: string): VnicState {
  const owner = ownerOf(record);
  const made = {
    uid: record.metadata.uid,
    node: "",
    podUid: "",
    ...(owner === undefined ? {} : { owner }),
    ...realisationOf(record),
  };
  return stateOf(definitionInRecord(record), made, providerVersion);
}

/** Where the Vnic is according to its record, and what was last observed there. */
export function realisationOf(record: StoredVnic): Pick<VnicState, "sandboxId" | "interface"> & Partial<VnicState> {
  const { status } = record;
  return {
    ...placementOf(record),
    ...(status?.pod ? { sandboxId: status.pod.sandboxId } : {}),
    ...(status?.interface ? { interface: status.interface } : {}),
    ...(status?.lease ? { lease: termsOf(status.lease) } : {}),
  };
}
