import { problemWords } from "../schema/problem.ts";
import { VnicError } from "../../base/errors.ts";
import { annotations, apiVersion, labels } from "../names.ts";
import type { NodeObject } from "../kubernetes/node.ts";
import { type OurRecord, ownerOf, type Stored } from "../kubernetes/record.ts";
import { type NetworkDefinition, type NetworkFields, parseNetwork } from "./definition.ts";
import type { NodeNetwork } from "./mode.ts";

/** The record of a network: a cluster-scoped object `VnicNetwork` of our API group. */
export type NetworkRecord = OurRecord<"VnicNetwork", NetworkFields>;

export type StoredNetwork = Stored<NetworkRecord>;

/** The record to apply. It has no finalizer: the first Vnic on the network adds it, and the last one removes it. */
export function networkRecordOf({ name, declaredBy, cluster: _, ...spec }: NetworkDefinition): NetworkRecord {
  return {
    apiVersion,
    kind: "VnicNetwork",
    metadata: {
      name,
      labels: { [labels.managedBy]: "pulumi-vnic" },
      ...(declaredBy === undefined ? {} : { annotations: { [annotations.owner]: declaredBy } }),
    },
    spec,
  };
}

/** The network in a record, with every rule applied again, because anybody may have written it. */
export function networkInRecord(record: NetworkRecord): NetworkDefinition {
  const { metadata, spec } = record;
  const owner = ownerOf(record);
  const parsed = parseNetwork({ ...spec, name: metadata.name, ...(owner === undefined ? {} : { declaredBy: owner }) });
  if ("definition" in parsed) return parsed.definition;
  const problems = problemWords(parsed.problems);
  throw new VnicError("invalid", `VnicNetwork ${metadata.name}: ${problems}`);
}

/** The network on a node; undefined if it has no parent for that node. */
export function networkOnNode(
  { mode, vlan, parent, parents = [] }: NetworkFields,
  node: NodeObject,
): NodeNetwork | undefined {
  const marks = node.metadata?.labels ?? {};
  const own = parents.find(({ nodes }) => Object.entries(nodes).every(([key, value]) => marks[key] === value));
  const found = own?.parent ?? parent;
  return found === undefined ? undefined : { mode, parent: found, ...(vlan === undefined ? {} : { vlan }) };
}
