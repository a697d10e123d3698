import { problemWords } from "../schema/problem.ts";
import { isDeepStrictEqual } from "node:util";
import { type Definition, parseDefinition } from "../vnic/definition.ts";
import { consequenceOf } from "../vnic/diff.ts";
import { hostOf } from "../../base/address.ts";
import { labels, setMemberName } from "../names.ts";
import { type PodObject, readPod } from "../kubernetes/pod.ts";
import type { AddressRange } from "../schema/range.ts";
import { fixedAddresses, specOf, type StoredVnic, type VnicRecord } from "../vnic/record.ts";
import { allocate, type Allocation, type Claimant, keeps } from "./allocation.ts";
import { memberOwner, memberRecord, type StoredVnicSet } from "./record.ts";
import { isAwaited, isSelected, statefulPlaceOf, type WorkloadObject } from "./selection.ts";

/** What a VnicSet is expanded from. */
export interface SetWorld {
  readonly set: StoredVnicSet;
  /** The pods of the set's namespace. */
  readonly pods: readonly PodObject[];
  /** The set's own are among them. */
  readonly vnics: readonly StoredVnic[];
  /** The addresses that other Vnics hold or ask for on the set's network. */
  readonly others: readonly string[];
  /** The one that the set names, if it is there. */
  readonly workload: WorkloadObject | undefined;
  /** The StatefulSets of the set's namespace. */
  readonly statefulSets: readonly WorkloadObject[];
  /** Where the addresses come from; undefined for DHCP. */
  readonly ranges: readonly AddressRange[] | undefined;
}

/** What there is to do, and how the set fares. */
export interface Expansion {
  /** Vnics that are new, or changed in place. */
  readonly apply: readonly VnicRecord[];
  /** Vnics to be deleted. One that must be made anew is deleted first, and comes back when it is gone. */
  readonly remove: readonly StoredVnic[];
  /** How many pods shall have a Vnic: those that run, and those that will. */
  readonly desired: number;
  /** Pods that run, and so get one now. */
  readonly served: readonly PodObject[];
  /** The Vnic of each of them, as it is now. */
  readonly members: ReadonlyMap<string, StoredVnic>;
  /** Pods for which no address is left, the next one to get one first. */
  readonly waiting: readonly string[];
  /** What is wrong with Vnics to be made, by pod. */
  readonly mistakes: ReadonlyMap<string, string>;
}

/** Compares a set with the pods and Vnics that there are. Pure: the same world gives the same plan. */
export function expand(world: SetWorld): Expansion {
  const { set, pods, vnics, others, workload, ranges } = world;
  const selected = pods.filter((pod) => isSelected(set.spec, workload, pod));
  const states = new Map(selected.map((pod) => [pod, readPod(pod).state]));
  const present = selected
    .filter((pod) => ["running", "pending"].includes(states.get(pod) ?? ""))
    .sort((one, other) => ageOf(one).localeCompare(ageOf(other)));
  const served = present.filter((pod) => states.get(pod) === "running");
  const own = vnics.filter((vnic) => isMember(set, vnic));
  const members = new Map(own.map((vnic) => [vnic.spec.pod.name, vnic]));

  // A Vnic stays while its pod is there, even on its way out, and when the pod will come back.
  const staying = new Set(selected.filter((pod) => !hasEnded(pod)).map(nameOf));
  const isWanted = ({ spec }: StoredVnic) =>
    staying.has(spec.pod.name) || isAwaited(set.spec, spec.pod.name, world.statefulSets);
  const unwanted = own.filter((vnic) => !isWanted(vnic));

  const settled = new Map<string, readonly string[]>();
  const held = new Set(others.map(hostOf));
  for (const vnic of own)
    if (ranges && keeps(ranges, fixedAddresses(vnic.spec)) && !isRefused(vnic, held))
      settled.set(vnic.spec.pod.name, fixedAddresses(vnic.spec));
  const names = new Set(served.map(nameOf));
  // Pods of a StatefulSet that are still starting keep their ordinals' places, which pods without an ordinal would take.
  const claimants = present
    .map(nameOf)
    .filter((pod) => !settled.has(pod))
    .map((pod) => ({ pod, ...ordinalIn(pod, world.statefulSets) }))
    .filter(({ pod, ordinal }) => ordinal !== undefined || names.has(pod))
    .sort((one, other) => placeOf(one) - placeOf(other));
  // An address is free only when the record that had it is gone: until then its NIC may still be there.
  const taken = [...others, ...own.flatMap(({ spec }) => fixedAddresses(spec))];
  const allocation: Allocation = ranges ? allocate(ranges, claimants, taken) : { addresses: new Map(), waiting: [] };
  const { addresses } = allocation;
  const waiting = allocation.waiting.filter((pod) => names.has(pod));
  const isWaiting = new Set(waiting);

  const apply: VnicRecord[] = [];
  const remove = unwanted.filter(isStanding);
  const mistakes = new Map<string, string>();
  for (const pod of names) {
    if (isWaiting.has(pod)) continue;
    const given = ranges ? (settled.get(pod) ?? addresses.get(pod)) : undefined;
    const parsed = parseMember(set, pod, given);
    const there = members.get(pod);
    if ("problems" in parsed) mistakes.set(pod, problemWords(parsed.problems));
    else if (!there) apply.push(memberRecord(set, parsed.definition));
    else if (isStanding(there)) {
      const change = changeOf(there, parsed.definition);
      if (change === "replace") remove.push(there);
      if (change === "update") apply.push(memberRecord(set, parsed.definition));
    }
  }
  return { apply, remove, desired: present.length, served, members, waiting, mistakes };
}

/** The set's own Vnic, and not one that merely bears its label. */
export function isMember(set: StoredVnicSet, { metadata }: StoredVnic): boolean {
  return (
    metadata.namespace === set.metadata.namespace &&
    metadata.labels?.[labels.set] === set.metadata.name &&
    (metadata.ownerReferences ?? []).some((owner) => (owner as { uid?: string }).uid === set.metadata.uid)
  );
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

function changeOf({ metadata, spec }: StoredVnic, wanted: Definition): "replace" | "update" | undefined {
  const there: Readonly<Record<string, unknown>> = { ...spec };
  const here: Readonly<Record<string, unknown>> = { ...specOf(wanted) };
  const changed = Object.keys({ ...there, ...here }).filter((key) => !isDeepStrictEqual(there[key], here[key]));
  if (changed.some((key) => consequenceOf(key) === "replace")) return "replace";
  const missing = Object.entries(wanted.labels ?? {}).some(([key, value]) => metadata.labels?.[key] !== value);
  return changed.length > 0 || missing ? "update" : undefined;
}

/** Whether somebody else has an address of a Vnic that was never realised. Then it takes another one. */
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
  const ordinal = statefulPlaceOf(pod, statefulSets)?.ordinal;
  return ordinal === undefined || ordinal < 0 ? {} : { ordinal };
}

/** Place in the queue for addresses: by ordinal; pods without one come last, in their former order. */
function placeOf({ ordinal = Number.MAX_SAFE_INTEGER }: Claimant): number {
  return ordinal;
}

function nameOf({ metadata }: PodObject): string {
  return metadata?.name ?? "";
}

/** Sorts the oldest first, so that a waiting pod keeps its place in the queue. */
function ageOf({ metadata }: PodObject): string {
  const created = metadata?.creationTimestamp;
  return `${created instanceof Date ? created.toISOString() : (created ?? "")} ${metadata?.name}`;
}
