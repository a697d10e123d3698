import { problemWords } from "../schema/problem.ts";
import { isDeepStrictEqual } from "node:util";
import { parseDefinition } from "../vnic/definition.ts";
import { consequenceOf } from "../vnic/diff.ts";
import { hostOf } from "../../base/address.ts";
import { annotations, labels, setMemberName } from "../names.ts";
import { type PodObject, readPod } from "../kubernetes/pod.ts";
import type { AddressRange } from "../schema/range.ts";
import { fixedAddresses, type StoredVnic, type VnicRecord } from "../vnic/record.ts";
import { allocate, type Allocation, type Claimant, canKeep } from "./allocation.ts";
import { memberOwner, memberRecord, type StoredVnicSet } from "./record.ts";
import { isAwaited, isSelected, statefulOrdinalOf, type WorkloadObject } from "./selection.ts";

/** The objects from which a VnicSet is expanded. */
export interface ExpansionInput {
  readonly set: StoredVnicSet;
  /** The pods in the set's namespace. */
  readonly pods: readonly PodObject[];
  /** The Vnics in the set's namespace, including its own. */
  readonly vnics: readonly StoredVnic[];
  /** The addresses that other Vnics hold or ask for on the set's network. */
  readonly others: readonly string[];
  /** The set's workload, if it exists. */
  readonly workload: WorkloadObject | undefined;
  /** The StatefulSets in the set's namespace. */
  readonly statefulSets: readonly WorkloadObject[];
  /** The ranges to allocate from; undefined for DHCP. */
  readonly ranges: readonly AddressRange[] | undefined;
}

/** The planned changes for a set, and its state. */
export interface Expansion {
  /** New Vnics, and Vnics to change in place. */
  readonly apply: readonly VnicRecord[];
  /** Vnics to delete. One that must be replaced is deleted first, and created again when it is gone. */
  readonly remove: readonly StoredVnic[];
  /** Number of pods that should have a Vnic, including those that aren't running yet. */
  readonly desired: number;
  /** Running pods, which get a Vnic now. */
  readonly served: readonly PodObject[];
  /** The current Vnic of each served pod. */
  readonly members: ReadonlyMap<string, StoredVnic>;
  /** Pods for which no address is left, in the order in which they will get one. */
  readonly waiting: readonly string[];
  /** Problems with Vnics to be created, by pod. */
  readonly mistakes: ReadonlyMap<string, string>;
}

/** Compares a set with the existing pods and Vnics. A pure function. */
export function expand(input: ExpansionInput): Expansion {
  const { set, pods, vnics, others, workload, ranges } = input;
  const selected = pods.filter((pod) => isSelected(set.spec, workload, pod));
  const states = new Map(selected.map((pod) => [pod, readPod(pod).state]));
  const present = selected
    .filter((pod) => ["running", "pending"].includes(states.get(pod) ?? ""))
    .sort((one, other) => ageOf(one).localeCompare(ageOf(other)));
  const served = present.filter((pod) => states.get(pod) === "running");
  const own = vnics.filter((vnic) => isMember(set, vnic));
  const members = new Map(own.map((vnic) => [vnic.spec.pod.name, vnic]));

  // A Vnic is kept while its pod exists, even if the pod is terminating, and while its StatefulSet will recreate the
  // pod.
  const staying = new Set(selected.filter((pod) => !hasEnded(pod)).map(nameOf));
  const isWanted = ({ spec }: StoredVnic) =>
    staying.has(spec.pod.name) || isAwaited(set.spec, spec.pod.name, input.statefulSets);
  const unwanted = own.filter((vnic) => !isWanted(vnic));

  const settled = new Map<string, readonly string[]>();
  const held = new Set(others.map(hostOf));
  for (const vnic of own)
    if (ranges && canKeep(ranges, fixedAddresses(vnic.spec)) && !isRefused(vnic, held))
      settled.set(vnic.spec.pod.name, fixedAddresses(vnic.spec));
  const mistakes = sharedNames(set, own, present.map(nameOf));
  const names = new Set(served.map(nameOf).filter((pod) => !mistakes.has(pod)));
  // Pods of a StatefulSet that haven't started yet reserve the addresses of their ordinals, which other pods would
  // take.
  const claimants = present
    .map(nameOf)
    .filter((pod) => !settled.has(pod) && !mistakes.has(pod))
    .map((pod) => ({ pod, ...ordinalIn(pod, input.statefulSets) }))
    .filter(({ pod, ordinal }) => ordinal !== undefined || names.has(pod))
    .sort((one, other) => queueOrder(one) - queueOrder(other));
  // An address is free only after the record that had it is gone: until then its NIC may still exist.
  const taken = [...others, ...own.flatMap(({ spec }) => fixedAddresses(spec))];
  const allocation: Allocation = ranges ? allocate(ranges, claimants, taken) : { addresses: new Map(), waiting: [] };
  const { addresses } = allocation;
  const waiting = allocation.waiting.filter((pod) => names.has(pod));
  const isWaiting = new Set(waiting);

  const apply: VnicRecord[] = [];
  const remove = unwanted.filter(isStanding);
  for (const pod of names) {
    if (isWaiting.has(pod)) continue;
    const given = ranges ? (settled.get(pod) ?? addresses.get(pod)) : undefined;
    const parsed = parseMember(set, pod, given);
    const there = members.get(pod);
    if ("problems" in parsed) {
      mistakes.set(pod, problemWords(parsed.problems));
      continue;
    }
    const wanted = memberRecord(set, parsed.definition);
    if (!there) apply.push(wanted);
    else if (isStanding(there)) {
      const change = changeOf(set, there, wanted);
      if (change === "replace") remove.push(there);
      if (change === "update") apply.push(wanted);
    }
  }
  return { apply, remove, desired: present.length, served, members, waiting, mistakes };
}

/**
 * Whether a Vnic belongs to the set; the label alone isn't enough. A set that was restored from a backup, or made again after its
 * Vnics were orphaned, has another UID than the set that their owner references name, if they have any.
 */
export function isMember(set: StoredVnicSet, vnic: Pick<VnicRecord, "metadata">): boolean {
  const { namespace, labels: marks, annotations: notes } = vnic.metadata;
  return (
    namespace === set.metadata.namespace &&
    marks?.[labels.set] === set.metadata.name &&
    (isOwned(set, vnic) || notes?.[annotations.owner] === memberOwner(set))
  );
}

/** Whether a Vnic names the set as an owner. */
export function isOwned(set: StoredVnicSet, { metadata }: Pick<VnicRecord, "metadata">): boolean {
  return (metadata.ownerReferences ?? []).some((owner) => (owner as { uid?: string }).uid === set.metadata.uid);
}

function parseMember({ metadata, spec }: StoredVnicSet, pod: string, addresses: readonly string[] | undefined) {
  const { namespace, name } = metadata;
  return parseDefinition({
    ...spec.template,
    name: setMemberName(name, pod),
    pod: { namespace, name: pod },
    ...(addresses ? { addresses } : {}),
    declaredBy: memberOwner({ metadata }),
  });
}

/**
 * The pods whose Vnics can't be made, each with a reason, because another pod's Vnic has the same name. Names are short
 * hashes of the pods' names, which somebody can choose for this. If both pods got the Vnic in turn, each change would cause
 * the next one, without an end.
 */
function sharedNames({ metadata }: StoredVnicSet, own: readonly StoredVnic[], pods: readonly string[]) {
  const nameFor = (pod: string) => setMemberName(metadata.name, pod);
  // A Vnic of any other name was given another pod by hand, and gets its own pod again.
  const made = own.filter((vnic) => vnic.metadata.name === nameFor(vnic.spec.pod.name));
  const podsByName = new Map(made.map((vnic) => [vnic.metadata.name, vnic.spec.pod.name]));
  const refused = new Map<string, string>();
  for (const pod of pods) {
    const name = nameFor(pod);
    const first = podsByName.get(name) ?? pod;
    podsByName.set(name, first);
    if (first !== pod) refused.set(pod, `name: pod ${first}'s Vnic is called ${name}, too; rename one of the pods`);
  }
  return refused;
}

function changeOf(set: StoredVnicSet, vnic: StoredVnic, wanted: VnicRecord): "replace" | "update" | undefined {
  const { metadata, spec } = vnic;
  const there: Readonly<Record<string, unknown>> = { ...spec };
  const here: Readonly<Record<string, unknown>> = { ...wanted.spec };
  const changed = Object.keys({ ...there, ...here }).filter((key) => !isDeepStrictEqual(there[key], here[key]));
  if (changed.some((key) => consequenceOf(key) === "replace")) return "replace";
  const missing = Object.entries(wanted.metadata.labels ?? {}).some(([key, value]) => metadata.labels?.[key] !== value);
  return changed.length > 0 || missing || !isOwned(set, vnic) ? "update" : undefined;
}

/** Whether a Vnic that was never realised has an address of another holder. It then gets another address. */
function isRefused({ spec, status }: StoredVnic, held: ReadonlySet<string>): boolean {
  return !status?.interface && fixedAddresses(spec).some((address) => held.has(hostOf(address)));
}

function isStanding({ metadata }: StoredVnic): boolean {
  return metadata.deletionTimestamp === undefined;
}

function hasEnded({ status }: PodObject): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function ordinalIn(pod: string, statefulSets: readonly WorkloadObject[]): { ordinal?: number } {
  const ordinal = statefulOrdinalOf(pod, statefulSets)?.ordinal;
  return ordinal === undefined || ordinal < 0 ? {} : { ordinal };
}

/** Order of the queue for addresses: by ordinal; pods without one come last, in their previous order. */
function queueOrder({ ordinal = Number.MAX_SAFE_INTEGER }: Claimant): number {
  return ordinal;
}

function nameOf({ metadata }: PodObject): string {
  return metadata?.name ?? "";
}

/** Sort key by age, oldest first, so that a waiting pod keeps its place in the queue. */
function ageOf({ metadata }: PodObject): string {
  const created = metadata?.creationTimestamp;
  return `${created instanceof Date ? created.toISOString() : (created ?? "")} ${metadata?.name}`;
}
