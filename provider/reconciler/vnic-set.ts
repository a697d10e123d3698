import { isVnicError, type VnicError } from "../base/errors.ts";
import type { Watched, WatchedCluster } from "../cluster/cluster.ts";
import { labels, parseVnicId, setFinalizer, vnicId } from "../model/names.ts";
import { networkInRecord } from "../model/network/record.ts";
import { isNamed } from "../model/network/reference.ts";
import { namespaceProblems, setRanges } from "../model/network/terms.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { Problem } from "../model/schema/problem.ts";
import type { AddressRange } from "../model/schema/range.ts";
import { refOf, type StoredVnic } from "../model/vnic/record.ts";
import { expand, type ExpansionInput, isMember, isOwned } from "../model/vnic-set/expansion.ts";
import { canonicalSet, type StoredVnicSet } from "../model/vnic-set/record.ts";
import { isSelected } from "../model/vnic-set/selection.ts";
import { invalidSetStatus, setStatusIncludes, setStatusOf } from "../model/vnic-set/status.ts";
import type { UnavailableAddresses } from "./unavailable-addresses.ts";
import type { Log } from "./log.ts";
import type { Outcome } from "./queue.ts";

/* VnicSets: one Vnic record for each pod. The Vnic controller realises these records. */

/** Maximum number of records to write in one turn, after which other sets get theirs. */
const maxWritesPerRound = 50;

export interface SetWatcher {
  readonly cluster: WatchedCluster;
  readonly pods: Pick<Watched<PodObject>, "listIn">;
  readonly unavailable: UnavailableAddresses;
  readonly log: Log;
}

/** Creates, changes and deletes the Vnics of one set to match it. */
export async function reconcileVnicSet(watcher: SetWatcher, id: string): Promise<Outcome> {
  const { cluster, log } = watcher;
  const set = await cluster.findVnicSet(parseVnicId(id));
  if (!set) return {};
  if (set.metadata.deletionTimestamp) return finalize(watcher, set);
  if (!set.metadata.finalizers?.includes(setFinalizer)) {
    await cluster.holdVnicSet(set.metadata, set.metadata.uid);
    return { againInSeconds: 0 };
  }

  // Observe
  const canonical = canonicalSet(set);
  if ("problems" in canonical) {
    await setStatus(cluster, set, invalidSetStatus(set, canonical.problems, new Date()));
    return {};
  }
  const ranges = await rangesOf(watcher, canonical.set);
  if (ranges && "problem" in ranges) {
    await setStatus(cluster, set, invalidSetStatus(set, [ranges.problem], new Date()));
    return { againInSeconds: 5 };
  }
  const input = await readInput(watcher, canonical.set, ranges);
  const planWith = (others: readonly string[]) => {
    const plan = expand({ ...input, others });
    return { ...plan, apply: plan.apply.slice(0, maxWritesPerRound), isWhole: plan.apply.length <= maxWritesPerRound };
  };
  const plan = ranges ? await watcher.unavailable.plan(cluster, canonical.set, planWith) : planWith([]);

  // Sync
  for (const vnic of plan.remove.slice(0, maxWritesPerRound)) {
    if (await isServedAfterAll(watcher, input, vnic)) continue;
    await cluster.deleteVnic(refOf(vnic), vnic.metadata.uid);
    log("info", `it is deleted: VnicSet ${id} doesn't need it any more`, { vnic: vnicId(vnic.metadata) });
  }
  const refused = new Map<string, VnicError>();
  for (const record of plan.apply)
    try {
      const there = plan.members.get(record.spec.pod.name);
      // A second controller would be refused.
      if (there && !isOwned(set, there)) await cluster.adoptMember(there, record);
      await cluster.applyMember(record);
    } catch (error) {
      if (!isVnicError(error) || isVnicError(error, "unreachable", "outdated")) throw error;
      // A quota, or somebody's admission policy, may refuse one Vnic and not the others.
      refused.set(record.spec.pod.name, error);
    }

  // Return
  const workloadIsMissing = set.spec.workload !== undefined && input.workload === undefined;
  await setStatus(cluster, set, setStatusOf(input.set, { ...plan, refused }, workloadIsMissing, new Date()));
  const [refusal] = refused.values();
  if (refusal) throw refusal;
  if (plan.remove.length > maxWritesPerRound || !plan.isWhole) return { againInSeconds: 0 };
  // Nothing notifies us when a Vnic of another network releases an address, or when a workload is created.
  return plan.waiting.length > 0 || workloadIsMissing ? { againInSeconds: 5 } : {};
}

/**
 * The set's own ranges, or its network's without gateways; undefined for DHCP. A set may have been admitted before its network was
 * made, or was reserved for other namespaces, of which its status must show nothing.
 */
async function rangesOf(
  { cluster }: SetWatcher,
  { metadata, spec }: StoredVnicSet,
): Promise<readonly AddressRange[] | undefined | { readonly problem: Problem }> {
  const { network } = spec.template;
  if (!isNamed(network)) return spec.addresses;
  const record = await cluster.findNetwork(network.name);
  if (record) {
    const [problem] = namespaceProblems({ ...record.spec, name: network.name }, metadata.namespace);
    if (problem) return { problem: { ...problem, property: `template.${problem.property}` } };
    try {
      return setRanges(networkInRecord(record), spec.addresses);
    } catch (error) {
      if (!isVnicError(error, "invalid")) throw error;
      return { problem: { property: "template.network", reason: error.message } };
    }
  }
  const reason = `there is no VnicNetwork ${JSON.stringify(network.name)}; create it`;
  return { problem: { property: "template.network", reason } };
}

/** Reads the set's own Vnics directly, because addresses that were just allocated must be among them. */
async function readInput(
  { cluster, pods }: SetWatcher,
  set: StoredVnicSet,
  ranges: readonly AddressRange[] | undefined,
): Promise<Omit<ExpansionInput, "others">> {
  const { namespace, name } = set.metadata;
  const [vnics, workload, statefulSets] = await Promise.all([
    cluster.listVnics(`${labels.set}=${name}`, namespace),
    set.spec.workload && cluster.findWorkload(namespace, set.spec.workload),
    cluster.listStatefulSets(namespace),
  ]);
  return { set, pods: pods.listIn(namespace), vnics, workload, statefulSets, ranges };
}

/** Whether a pod still exists although the cached list doesn't have it, so that its Vnic isn't deleted by mistake. */
async function isServedAfterAll(
  { cluster }: SetWatcher,
  { set, pods, workload }: Omit<ExpansionInput, "others">,
  { spec }: StoredVnic,
) {
  if (pods.some(({ metadata }) => metadata?.name === spec.pod.name)) return false;
  const pod = await cluster.findPod(set.metadata.namespace, spec.pod.name);
  return pod !== undefined && isSelected(set.spec, workload, pod);
}

/** Deletes the Vnics first, and releases the set when they are gone. */
async function finalize({ cluster }: SetWatcher, set: StoredVnicSet): Promise<Outcome> {
  const { finalizers, name, uid } = set.metadata;
  if (!finalizers?.includes(setFinalizer)) return {};
  const members = (await cluster.listVnics(`${labels.set}=${name}`, set.metadata.namespace)).filter((vnic) =>
    isMember(set, vnic),
  );
  for (const vnic of members.filter(({ metadata }) => !metadata.deletionTimestamp))
    await cluster.deleteVnic(refOf(vnic), vnic.metadata.uid);
  // The watch reports each Vnic that is gone.
  if (members.length > 0) return {};
  await cluster.releaseVnicSet(set.metadata, uid);
  return {};
}

async function setStatus(cluster: WatchedCluster, set: StoredVnicSet, status: ReturnType<typeof setStatusOf>) {
  if (!setStatusIncludes(set, status)) await cluster.applyVnicSetStatus(set.metadata, status);
}
