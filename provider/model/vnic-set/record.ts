import type { Definition } from "../vnic/definition.ts";
import type { OurRecord, RecordMetadata, Stored } from "../kubernetes/record.ts";
import type { Problem } from "../schema/problem.ts";
import { annotations, apiVersion, labels, type VnicRef, vnicId } from "../names.ts";
import { specOf, type VnicRecord } from "../vnic/record.ts";
import { parseSetDefinition, type SetDefinition } from "./definition.ts";

/** The desired state of a VnicSet. Its pods and Vnics are in the record's namespace. */
export type VnicSetSpec = Pick<SetDefinition, "selector" | "workload" | "template" | "addresses">;

export interface SetCondition {
  readonly type: "Ready" | "AddressesAvailable";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

export interface VnicSetStatus {
  readonly observedGeneration: number;
  /** Number of pods that should have a Vnic now. */
  readonly desired: number;
  /** Number of these pods whose Vnic is ready. */
  readonly ready: number;
  readonly conditions: readonly SetCondition[];
}

/** The record: an object `VnicSet` of our API group, in the namespace of its pods. */
export interface VnicSetRecord extends OurRecord<"VnicSet", VnicSetSpec, RecordMetadata & VnicRef> {
  readonly status?: VnicSetStatus;
}

export type StoredVnicSet = Stored<VnicSetRecord> & { readonly metadata: { readonly generation: number } };

export function setRecordOf(definition: SetDefinition): VnicSetRecord {
  const { name, namespace, selector, workload, template, addresses, declaredBy } = definition;
  return {
    apiVersion,
    kind: "VnicSet",
    metadata: {
      namespace,
      name,
      labels: { ...definition.labels, [labels.managedBy]: "pulumi-vnic" },
      annotations: declaredBy === undefined ? {} : { [annotations.owner]: declaredBy },
    },
    spec: {
      ...(selector === undefined ? {} : { selector }),
      ...(workload === undefined ? {} : { workload }),
      template,
      ...(addresses === undefined ? {} : { addresses }),
    },
  };
}

/**
 * The set with its spec in canonical form: defaults filled in, and every rule applied, because anybody may have
 * written it.
 */
export function canonicalSet(set: StoredVnicSet): { set: StoredVnicSet } | { problems: Problem[] } {
  const { namespace, name } = set.metadata;
  const parsed = parseSetDefinition({ ...set.spec, namespace, name });
  return "problems" in parsed ? parsed : { set: { ...set, spec: setRecordOf(parsed.definition).spec } };
}

/** The owner in the Vnics of the set. */
export function memberOwner({ metadata }: Pick<StoredVnicSet, "metadata">): string {
  return `VnicSet ${vnicId(metadata)}`;
}

/**
 * The record of one Vnic of the set. It is applied by its own field manager; the driver that realises the Vnic adds
 * finalizer, node and pod. The owner reference shows Kubernetes tools what belongs together, but the set's finalizer
 * removes the Vnics.
 */
export function memberRecord(set: StoredVnicSet, definition: Definition): VnicRecord {
  const { namespace, name, uid } = set.metadata;
  return {
    apiVersion,
    kind: "Vnic",
    metadata: {
      namespace,
      name: definition.name,
      labels: { ...definition.labels, [labels.managedBy]: "pulumi-vnic", [labels.set]: name },
      annotations: { [annotations.owner]: memberOwner(set) },
      ownerReferences: [{ apiVersion, kind: "VnicSet", name, uid, controller: true, blockOwnerDeletion: false }],
    },
    spec: specOf(definition),
  };
}
