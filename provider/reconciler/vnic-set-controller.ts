import type { Watched } from "../cluster/cluster.ts";
import { labels, vnicId } from "../model/names.ts";
import { type PodObject, readPod } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { StoredVnicSet } from "../model/vnic-set/record.ts";
import type { Metrics } from "./metrics.ts";
import { ChangeFilter } from "./change-filter.ts";
import { startRecordController } from "./record-controller.ts";
import { startRounds } from "./rounds.ts";
import { reconcileVnicSet, type SetWatcher } from "./vnic-set.ts";

export interface VnicSetControllerOptions {
  readonly sets: Watched<StoredVnicSet>;
  readonly vnics: Watched<StoredVnic>;
  readonly pods: Watched<PodObject>;
  readonly metrics: Metrics;
  /** How often every set is looked at, if there aren't too many for that. */
  readonly resyncSeconds: number;
}

/** How many sets are handled at once. What a namespace has in it can make its sets slow. */
const concurrentSets = 4;
/** The shortest time between looks at two sets that haven't changed. */
const leastVisitSeconds = 0.1;

/**
 * Starts the controller for all VnicSets. Addresses are allocated for one set at a time, so that none is allocated twice;
 * all else is done for several sets at once. Returns a function that stops it.
 */
export function startVnicSetController(
  context: Omit<SetWatcher, "pods">,
  { sets, vnics, pods, metrics, resyncSeconds }: VnicSetControllerOptions,
): () => Promise<void> {
  const queue = startRecordController({
    kind: "VnicSet",
    logged: "vnicSet",
    records: sets,
    reconcile: (id) => reconcileVnicSet({ ...context, pods }, id),
    metrics,
    log: context.log,
    width: () => concurrentSets,
  });
  const endRounds = startRounds({
    everySeconds: resyncSeconds,
    leastSeconds: leastVisitSeconds,
    places: () => sets.list().map(({ metadata }) => vnicId(metadata)),
    visit: (id) => queue.addQuietly(id),
  });
  const podChanges = new ChangeFilter<PodObject>((pod) => [
    pod.metadata?.uid,
    pod.metadata?.labels,
    pod.metadata?.ownerReferences,
    pod.metadata?.deletionTimestamp,
    pod.status?.phase,
    readPod(pod),
  ]);
  pods.onChange((pod) => {
    const { namespace = "", name = "" } = pod.metadata ?? {};
    const itsSets = sets.listIn(namespace);
    // A pod's status changes often, mostly in ways that no set looks at.
    if (itsSets.length === 0 || !podChanges.changed(`${namespace}/${name}`, pod)) return;
    for (const { metadata } of itsSets) queue.addQuietly(vnicId(metadata));
  });
  pods.onGone(({ metadata }) => {
    podChanges.forget(`${metadata?.namespace}/${metadata?.name}`);
    for (const set of sets.listIn(metadata?.namespace ?? "")) queue.addQuietly(vnicId(set.metadata));
  });
  vnics.onChange(({ metadata }) => {
    const name = metadata.labels?.[labels.set];
    if (name !== undefined) queue.addQuietly(vnicId({ namespace: metadata.namespace, name }));
  });
  return () => {
    endRounds();
    return queue.stop();
  };
}
