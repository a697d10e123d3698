import type { Watched } from "../cluster/cluster.ts";
import { parseVnicId, vnicId } from "../model/names.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import { readPod } from "../model/kubernetes/pod.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { sweepAddresses } from "./address-sweep.ts";
import { creation } from "./creation.ts";
import { finalizer } from "./finalizer.ts";
import type { Metrics } from "./metrics.ts";
import { News } from "./news.ts";
import type { Outcome } from "./queue.ts";
import { startRecordController } from "./record-controller.ts";
import { stale } from "./stale.ts";
import { setFailed } from "./status.ts";
import type { World } from "./task.ts";
import { waitersFor } from "./waiters.ts";

/** How long the others wait for an address that was freed, after the one that waits longest. */
const headStartSeconds = 5;

/** Brings one Vnic to what its record says: deletes it, or clears away where it was, and makes it where it shall be. */
export async function reconcileVnic(world: World, id: string): Promise<Outcome> {
  const ref = parseVnicId(id);
  const record = await world.cluster.findVnic(ref);
  if (!record) {
    world.claims.forget(ref);
    return {};
  }
  // A claim that is given back is a change that we hear of; the death of its holder isn't.
  if (world.claims.otherHolder(record) !== undefined) return { againInSeconds: 5 };

  const pod = await world.cluster.findPod(ref.namespace, record.spec.pod.name);
  const task = { world, record, pod };
  try {
    for (const module of record.metadata.deletionTimestamp ? [finalizer] : [stale, creation]) {
      const outcome = await module(task);
      if (outcome) return outcome;
    }
    return {};
  } catch (error) {
    // If it can't be said now, the next try says it.
    await setFailed(task, error).catch(() => undefined);
    throw error;
  }
}

export interface VnicControllerOptions {
  readonly vnics: Watched<StoredVnic>;
  readonly pods: Watched<PodObject>;
  readonly addresses: Watched<StoredAddress>;
  readonly metrics: Metrics;
  /** How often every Vnic is looked at on its node. */
  readonly resyncSeconds: number;
}

/** Looks after all Vnics: whenever one or its pod changes, and every so often. Answers with what ends that. */
export function startVnicController(
  world: World,
  { vnics, pods, addresses, metrics, resyncSeconds }: VnicControllerOptions,
): () => Promise<void> {
  const { queue, stop } = startRecordController({
    kind: "Vnic",
    logged: "vnic",
    records: vnics,
    reconcile: (id) => reconcileVnic(world, id),
    metrics,
    log: world.log,
    // Those of a node that doesn't answer wait for it here; others must find room beside them.
    width: 64,
    beyond: 192,
    resyncSeconds,
    onResync: () => {
      for (const { metadata } of vnics.list()) world.due.add(vnicId(metadata));
      void sweepAddresses(world.cluster, world.log, addresses, vnics);
    },
  });
  const podNews = new News<PodObject>((pod) => [pod.metadata?.uid, readPod(pod), pod.metadata?.deletionTimestamp]);
  pods.onChange((pod) => {
    const { namespace = "", name = "" } = pod.metadata ?? {};
    const isNews = podNews.hear(`${namespace}/${name}`, pod);
    for (const { metadata, spec } of vnics.list())
      if (metadata.namespace === namespace && spec.pod.name === name)
        if (isNews) queue.add(vnicId(metadata));
        else queue.addQuietly(vnicId(metadata));
  });
  pods.onGone(({ metadata }) => podNews.forget(`${metadata?.namespace}/${metadata?.name}`));
  addresses.onGone((address) => {
    const [first, ...others] = waitersFor(address, vnics.list());
    for (const id of others) queue.postpone(id, headStartSeconds);
    if (first !== undefined) queue.add(first);
  });
  return stop;
}
