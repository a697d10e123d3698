import { networkWords } from "../network/reference.ts";
import type { StoredVnic } from "../vnic/record.ts";
import { rowOf, type VnicRow } from "./row.ts";

/** External networks, nodes, pods and NICs, as the picture shows them. */
export interface VnicGraph {
  readonly networks: readonly string[];
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  /** Empty for Vnics that aren't on a node yet. */
  readonly name: string;
  readonly pods: readonly GraphPod[];
}

export interface GraphPod {
  readonly namespace: string;
  readonly name: string;
  readonly nics: readonly GraphNic[];
}

export interface GraphNic extends VnicRow {
  /** `<namespace>/<name>` of the Vnic. */
  readonly id: string;
  readonly mac: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

/**
 * Builds the graph, sorted by name at every level, so that the same cluster gives the same picture. `names` adds
 * networks without Vnics.
 */
export function graphOf(records: readonly StoredVnic[], names: readonly string[], now: Date): VnicGraph {
  const nics = records.map((record) => nicOf(record, now));
  const sorted = <T>(groups: Map<string, T>) => [...groups].sort(([one], [other]) => one.localeCompare(other));
  const nodes = sorted(Map.groupBy(nics, ({ node }) => node)).map(([name, own]) => ({
    name,
    pods: sorted(Map.groupBy(own, ({ namespace, pod }) => `${namespace}/${pod}`)).map(([, [first, ...rest]]) => ({
      namespace: first!.namespace,
      name: first!.pod,
      nics: [first!, ...rest].sort((one, other) => one.name.localeCompare(other.name)),
    })),
  }));
  const networks = [...new Set([...names, ...records.map(({ spec }) => networkWords({ ...spec.network }))])];
  return { networks: networks.sort((one, other) => one.localeCompare(other)), nodes };
}

function nicOf(record: StoredVnic, now: Date): GraphNic {
  const row = rowOf(record, now);
  const conditions = (record.status?.conditions ?? []).map(({ type, status, reason, message }) => ({
    type,
    status,
    reason,
    message,
  }));
  const mac = record.status?.interface?.mac ?? record.spec.mac ?? "";
  return { ...row, id: `${row.namespace}/${row.name}`, mac, conditions };
}
