import type { Watched } from "../cluster/cluster.ts";
import { parseVnicId, vnicId } from "../model/names.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { readPod } from "../model/kubernetes/pod.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { sweepAddresses } from "./address-sweep.ts";
import { creation } from "./creation.ts";
import { finalizer } from "./finalizer.ts";
import { vnicsWithoutClaims, vnicWithout } from "./lost-claims.ts";
import type { Metrics } from "./metrics.ts";
import { ChangeFilter } from "./change-filter.ts";
import type { Pace } from "./pace.ts";
import type { Outcome } from "./queue.ts";
import { startRecordController } from "./record-controller.ts";
import { startRounds } from "./rounds.ts";
import { withoutStale } from "./stale.ts";
import { isSettled } from "./settled.ts";
import { setFailed } from "./status.ts";
import type { Sweeps } from "./sweep.ts";
import type { ReconcilerContext, Task } from "./task.ts";
import { awaitedValues, firstWaiter, waitersFor } from "./waiters.ts";
import { WatchedIndex } from "./watched-index.ts";

/**
 * The shortest time between visits of two nodes. Each needs a session, which is a Job, so a cluster of any size has at
 * most one such Job a second. The Vnics of a thousand nodes are looked at within a thousand seconds.
 */
const leastVisitSeconds = 1;

/** Head start of the Vnic that has waited longest for a released address. */
const headStartSeconds = 5;

/**
 * Brings one Vnic to the state in its record: deletes it, or removes its former realisation and creates it where it
 * should be.
 */
export async function reconcileVnic(context: ReconcilerContext, id: string): Promise<Outcome> {
  const ref = parseVnicId(id);
  const record = await context.cluster.findVnic(ref);
  if (!record) {
    context.claims.forget(ref);
    context.due.delete(id);
    context.lost.delete(id);
    return {};
  }
  // The watch reports when a claim is released; nothing reports that its holder has died.
  if (context.claims.otherHolder(record) !== undefined) return { againInSeconds: 5 };

  const findPod = () => context.cluster.findPod(ref.namespace, record.spec.pod.name);
  let task: Task = { context, record, pod: await findPod() };
  try {
    if (record.metadata.deletionTimestamp) return (await finalizer(task)) ?? {};
    const current = await withoutStale(task);
    if (!current) return { againInSeconds: 0 };
    // Removing what was stale may have taken long. If there was no pod, a new one gives the Vnic another turn.
    if (current !== record) task = { context, record: current, pod: task.pod && (await findPod()) };
    return (await creation(task)) ?? {};
  } catch (error) {
    // If the status can't be written now, the next attempt writes it.
    await setFailed(task, error).catch(() => undefined);
    throw error;
  }
}

export interface VnicControllerOptions {
  readonly vnics: Watched<StoredVnic>;
  /** These Vnics by their places. */
  readonly vnicsByPlace: WatchedIndex<StoredVnic>;
  readonly pods: Watched<PodObject>;
  readonly addresses: Watched<StoredAddress>;
  readonly metrics: Metrics;
  /** How often every Vnic is checked on its node, if there aren't too many nodes for that. */
  readonly resyncSeconds: number;
  /** Sweeps a node while there is a session with it anyway. */
  readonly sweeps: Pick<Sweeps, "nodes" | "visit">;
  readonly pace: Pace;
}

/**
 * Starts the controller for all Vnics: reconciles one whenever it or its pod changes, and at intervals. Returns a
 * function that stops it.
 */
export function startVnicController(
  context: ReconcilerContext,
  { vnics, vnicsByPlace, pods, addresses, metrics, resyncSeconds, pace, sweeps }: VnicControllerOptions,
): () => Promise<void> {
  const needsNothing = (id: string): boolean => {
    if (context.due.has(id) || context.lost.has(id)) return false;
    const ref = parseVnicId(id);
    const record = vnics.find(ref);
    return isSettled(record, record && pods.find({ namespace: ref.namespace, name: record.spec.pod.name }));
  };
  const queue = startRecordController({
    kind: "Vnic",
    logged: "vnic",
    records: vnics,
    reconcile: async (id) => (needsNothing(id) ? {} : reconcileVnic(context, id)),
    metrics,
    log: context.log,
    // Some slots may be occupied by Vnics of a node that doesn't answer, so others need additional ones.
    width: () => pace.width,
    beyond: 3,
    onSuccess: () => pace.succeeded(),
  });
  const endRounds = startRounds({
    everySeconds: resyncSeconds,
    leastSeconds: leastVisitSeconds,
    // What has changed comes first, above all while the API server refuses requests.
    isBusy: () => queue.depth > 0,
    places: () => [...vnicsByPlace.allKeys, ...sweeps.nodes],
    visit: (place) => {
      for (const id of vnicsByPlace.of(place).keys()) {
        context.due.add(id);
        queue.addQuietly(id);
      }
      sweeps.visit(place);
    },
  });
  const claimAgain = (id: string): void => {
    context.lost.add(id);
    queue.addQuietly(id);
  };
  const addressSweep = setInterval(() => {
    for (const id of vnicsWithoutClaims(addresses, vnics)) claimAgain(id);
    void sweepAddresses(context.cluster, context.log, addresses, vnics);
  }, resyncSeconds * 1000);
  const podChanges = new ChangeFilter<PodObject>((pod) => [
    pod.metadata?.uid,
    readPod(pod),
    pod.metadata?.deletionTimestamp,
  ]);
  const vnicsOfPod = new WatchedIndex(vnics, {
    idOf: ({ metadata }) => vnicId(metadata),
    keysOf: ({ metadata, spec }) => [`${metadata.namespace}/${spec.pod.name}`],
  });
  const waiting = new WatchedIndex(vnics, { idOf: ({ metadata }) => vnicId(metadata), keysOf: awaitedValues });
  pods.onChange((pod) => {
    const key = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
    const its = vnicsOfPod.of(key);
    // Most pods of a cluster have no Vnic.
    if (its.size === 0) return podChanges.forget(key);
    const isRelevant = podChanges.changed(key, pod);
    // Anybody who may write the pod can change the rest of it all the time. Only the annotation network-status matters,
    // which isn't kept.
    for (const [id, { status }] of its)
      if (isRelevant) queue.add(id);
      else if (status?.networkStatus) queue.addQuietly(id);
  });
  pods.onGone(({ metadata }) => {
    const key = `${metadata?.namespace}/${metadata?.name}`;
    podChanges.forget(key);
    for (const id of vnicsOfPod.of(key).keys()) queue.addQuietly(id);
  });
  addresses.onGone((address) => {
    const holder = vnicWithout(address, vnics);
    if (holder !== undefined) claimAgain(holder);
    const waiters = waitersFor(address, waiting.of(address.spec.value).values());
    for (const { metadata } of waiters) queue.postpone(vnicId(metadata), headStartSeconds);
    if (holder === undefined)
      void firstWaiter(context.cluster, address, waiters).then((first) => first && queue.add(vnicId(first.metadata)));
  });
  return () => {
    endRounds();
    clearInterval(addressSweep);
    return queue.stop();
  };
}
