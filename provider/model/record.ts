import { type Definition, parseDefinition } from "./definition.ts";
import { VnicError } from "./errors.ts";
import {
  addressLabel,
  annotations,
  apiVersion,
  finalizer,
  group,
  labels,
  macLabel,
  vnicId,
  type VnicRef,
} from "./names.ts";
import type { Association, Interface } from "./session-protocol.ts";
import { stateOf, type VnicState } from "./state.ts";

/** What a Vnic shall be, whoever wrote it. The pod is one of the record's own namespace. */
export interface VnicSpec {
  readonly pod: { readonly name: string };
  readonly network: { readonly mode: "macvlan"; readonly parent: string };
  readonly addresses: readonly string[];
  readonly mac: string;
  readonly interfaceName: string;
  readonly mtu?: number;
}

/** What is really there, as last seen. */
export interface VnicStatus {
  readonly node: string;
  readonly pod: { readonly name: string; readonly uid: string; readonly sandboxId: string };
  readonly interface: Interface;
  readonly conditions: readonly Condition[];
}

/** A Kubernetes condition (`metav1.Condition`). */
export interface Condition {
  readonly type: "Ready";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** The record: object `Vnic` of our API group, beside the pod that it serves. */
export interface VnicRecord {
  readonly apiVersion: string;
  readonly kind: "Vnic";
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly object[];
  };
  readonly spec: VnicSpec;
  readonly status?: VnicStatus;
}

/** A record as the API server returns it. */
export type StoredVnic = VnicRecord & { readonly metadata: { readonly uid: string; readonly resourceVersion: string } };

export function vnicRef(definition: Definition): VnicRef {
  return { namespace: definition.pod.namespace, name: definition.name };
}

export function specOf({ pod, network, addresses, mac, interfaceName, mtu }: Definition): VnicSpec {
  return { pod: { name: pod.name }, network, addresses, mac, interfaceName, ...(mtu === undefined ? {} : { mtu }) };
}

/**
 * The record to apply before anything is done on a node: the finalizer first of all, so that nothing can leak, and
 * node and pod in its metadata, so that whoever finalizes it knows where to clean up even if creation was cut short.
 */
export function recordOf(definition: Definition, at: { node: string; uid: string }): VnicRecord {
  const { network, addresses, mac, declaredBy } = definition;
  return {
    apiVersion,
    kind: "Vnic",
    metadata: {
      ...vnicRef(definition),
      finalizers: [finalizer],
      labels: {
        ...definition.labels,
        [labels.managedBy]: "pulumi-vnic",
        [labels.mac]: macLabel(network.parent, mac),
        ...Object.fromEntries(addresses.map((address) => [addressLabel(network.parent, address), ""])),
      },
      annotations: {
        [annotations.node]: at.node,
        [annotations.podUid]: at.uid,
        ...(declaredBy === undefined ? {} : { [annotations.owner]: declaredBy }),
      },
    },
    spec: specOf(definition),
  };
}

/** A stored record as it would be applied again: our part of its metadata, and its spec. */
export function rewritten({ apiVersion, kind, metadata, spec }: StoredVnic): VnicRecord {
  const ours = (entries: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(
      Object.entries(entries ?? {}).filter(([key]) => key.includes(group) || key === labels.managedBy),
    );
  const { namespace, name } = metadata;
  const own = { finalizers: [finalizer], labels: ours(metadata.labels), annotations: ours(metadata.annotations) };
  return { apiVersion, kind, metadata: { namespace, name, ...own }, spec };
}

/** Where the record says that the Vnic is, or was about to be, realised. */
export function placeOf(record: VnicRecord): { node: string; podUid: string } | undefined {
  const node = record.metadata.annotations?.[annotations.node];
  const podUid = record.metadata.annotations?.[annotations.podUid];
  return node && podUid ? { node, podUid } : undefined;
}

export function ownerOf(record: VnicRecord): string | undefined {
  return record.metadata.annotations?.[annotations.owner];
}

/** The label selectors by which other holders of the same MAC or an address behind the same parent are found. */
export function holderSelectors({ network, mac, addresses }: Definition): string[] {
  return [
    `${labels.mac}=${macLabel(network.parent, mac)}`,
    ...addresses.map((address) => addressLabel(network.parent, address)),
  ];
}

/** The status of a Vnic that is in its pod; the condition keeps the time since when it has been so. */
export function readyStatus(
  record: StoredVnic,
  node: string,
  association: Association,
  live: Interface,
  now: Date,
): VnicStatus {
  const before = record.status?.conditions.find(({ type, status }) => type === "Ready" && status === "True");
  return {
    node,
    pod: { name: association.pod.name, uid: association.pod.uid, sandboxId: association.sandboxId },
    interface: live,
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "Attached",
        message: `${live.name} is up in pod ${association.pod.name} on node ${node}`,
        lastTransitionTime: before?.lastTransitionTime ?? now.toISOString(),
        observedGeneration: record.metadata.generation ?? 1,
      },
    ],
  };
}

/** What the record itself tells of its Vnic, as state: for one that was never in the state that asks. */
export function stateOfRecord(record: StoredVnic, providerVersion: string): VnicState {
  const { metadata, spec, status } = record;
  const { namespace, name, uid } = metadata;
  const owner = ownerOf(record);
  const parsed = parseDefinition({ ...spec, name, pod: { ...spec.pod, namespace }, declaredBy: owner });
  if ("problems" in parsed)
    throw new VnicError(
      "invalid",
      `Vnic ${vnicId(metadata)}: ${parsed.problems.map(({ property, reason }) => `${property} ${reason}`).join("; ")}`,
    );
  const place = placeOf(record);
  return stateOf(
    parsed.definition,
    {
      uid,
      node: place?.node ?? "",
      podUid: place?.podUid ?? "",
      ...(owner === undefined ? {} : { owner }),
      ...(status ? { sandboxId: status.pod.sandboxId, interface: status.interface } : {}),
    },
    providerVersion,
  );
}
