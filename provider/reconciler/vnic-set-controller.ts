import type { Watched } from "../cluster/cluster.ts";
import { messageOf } from "../base/errors.ts";
import { labels, vnicId } from "../model/names.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { StoredVnicSet } from "../model/vnic-set/record.ts";
import type { Metrics } from "./metrics.ts";
import { News } from "./news.ts";
import { Queue } from "./queue.ts";
import { reconcileVnicSet, type SetWatcher } from "./vnic-set.ts";

export interface VnicSetControllerOptions {
  readonly sets: Watched<StoredVnicSet>;
  readonly vnics: Watched<StoredVnic>;
  readonly pods: Watched<PodObject>;
  readonly metrics: Metrics;
  readonly resyncSeconds: number;
}

/** Looks after all VnicSets, one at a time, so that no two give out the same address. Answers with what ends that. */
export function startVnicSetController(
  world: Omit<SetWatcher, "pods">,
  { sets, vnics, pods, metrics, resyncSeconds }: VnicSetControllerOptions,
): () => Promise<void> {
  const queue = new Queue({
    width: 1,
    work: (id) => metrics.time("VnicSet", () => reconcileVnicSet({ ...world, pods }, id)),
    onError: (id, error) => world.log("error", messageOf(error), { vnicSet: id }),
  });
  metrics.showQueue("VnicSet", queue);

  const addAll = (namespace?: string) => {
    for (const { metadata } of sets.list())
      if (namespace === undefined || metadata.namespace === namespace) queue.addQuietly(vnicId(metadata));
  };
  const news = new News<StoredVnicSet>(({ metadata }) => [
    metadata.uid,
    metadata.generation,
    metadata.deletionTimestamp,
  ]);
  sets.onChange((set) => {
    const id = vnicId(set.metadata);
    // Our own status and finalizer change nothing that has failed.
    if (news.hear(id, set)) queue.add(id);
    else queue.addQuietly(id);
  });
  sets.onGone(({ metadata }) => news.forget(vnicId(metadata)));
  pods.onChange(({ metadata }) => addAll(metadata?.namespace));
  vnics.onChange(({ metadata }) => {
    const name = metadata.labels?.[labels.set];
    if (name !== undefined) queue.addQuietly(vnicId({ namespace: metadata.namespace, name }));
  });
  const resync = setInterval(addAll, resyncSeconds * 1000);
  addAll();
  return () => {
    clearInterval(resync);
    return queue.stop();
  };
}
