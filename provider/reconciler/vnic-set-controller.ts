import type { Watched } from "../cluster/cluster.ts";
import { labels, vnicId } from "../model/names.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { StoredVnicSet } from "../model/vnic-set/record.ts";
import type { Metrics } from "./metrics.ts";
import { startRecordController } from "./record-controller.ts";
import { reconcileVnicSet, type SetWatcher } from "./vnic-set.ts";

export interface VnicSetControllerOptions {
  readonly sets: Watched<StoredVnicSet>;
  readonly vnics: Watched<StoredVnic>;
  readonly pods: Watched<PodObject>;
  readonly metrics: Metrics;
  readonly resyncSeconds: number;
}

/**
 * Starts the controller for all VnicSets, which handles one at a time, so that no address is allocated twice. Returns
 * a function that stops it.
 */
export function startVnicSetController(
  context: Omit<SetWatcher, "pods">,
  { sets, vnics, pods, metrics, resyncSeconds }: VnicSetControllerOptions,
): () => Promise<void> {
  const { queue, stop } = startRecordController({
    kind: "VnicSet",
    logged: "vnicSet",
    records: sets,
    reconcile: (id) => reconcileVnicSet({ ...context, pods }, id),
    metrics,
    log: context.log,
    width: () => 1,
    resyncSeconds,
  });
  pods.onChange((pod) => {
    for (const { metadata } of sets.list())
      if (metadata.namespace === pod.metadata?.namespace) queue.addQuietly(vnicId(metadata));
  });
  vnics.onChange(({ metadata }) => {
    const name = metadata.labels?.[labels.set];
    if (name !== undefined) queue.addQuietly(vnicId({ namespace: metadata.namespace, name }));
  });
  return stop;
}
