import type { Definition } from "../vnic/definition.ts";
import type { OurRecord, RecordMetadata, Stored } from "../kubernetes/record.ts";
import type { Problem } from "../schema/problem.ts";
import { annotations, apiVersion, labels, type VnicRef, vnicId } from "../names.ts";
import { specOf, type VnicRecord } from "../vnic/record.ts";
import { parseSetDefinition, type SetDefinition } from "./definition.ts";

/** What a VnicSet shall be, whoever wrote it. Pods and Vnics are of the record's own namespace. */
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
  /** Pods that shall have a Vnic now. */
  readonly desired: number;
  /** How many of these pods have their Vnic. */
  readonly ready: number;
  readonly conditions: readonly SetCondition[];
}

/** The record: object `VnicSet` of our API group, beside the pods that it serves. */
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

/** The set with its spec in canonical form, whoever wrote it: derived values filled in, every rule applied. */
export function canonicalSet(set: StoredVnicSet): { set: StoredVnicSet } | { problems: Problem[] } {
  const { namespace, name } = set.metadata;
  const parsed = parseSetDefinition({ ...set.spec, namespace, name });
  return "problems" in parsed ? parsed : { set: { ...set, spec: setRecordOf(parsed.definition).spec } };
}

/** Owner that a Vnic of the set names. */
export function memberOwner({ metadata }: Pick<StoredVnicSet, "metadata">): string {
  return `VnicSet ${vnicId(metadata)}`;
}

/**
 * The record of one Vnic of the set, for a field manager of its own: whoever realises the Vnic adds finalizer and place. The
 * owner reference lets Kubernetes' tools show what belongs together; it is the set's finalizer that removes the Vnics.
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
