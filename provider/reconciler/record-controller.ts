import type { Watched } from "../cluster/cluster.ts";
import { messageOf } from "../base/errors.ts";
import { group, vnicId, type VnicRef } from "../model/names.ts";
import type { RecordMetadata } from "../model/kubernetes/record.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { ChangeFilter } from "./change-filter.ts";
import { Queue, type QueueOptions } from "./queue.ts";

export interface RecordControllerOptions<Record> extends Pick<QueueOptions, "width" | "beyond"> {
  readonly kind: "Vnic" | "VnicSet";
  /** The name of the kind in log entries. */
  readonly logged: string;
  readonly records: Watched<Record>;
  readonly reconcile: QueueOptions["work"];
  readonly metrics: Metrics;
  readonly log: Log;
  /** Called after each successful reconciliation. */
  readonly onSuccess?: () => void;
}

/** Reconciles the records of a kind: all of them at the start, and each whenever it changes. */
export function startRecordController<Record extends { readonly metadata: RecordMetadata & VnicRef }>({
  kind,
  logged,
  records,
  reconcile,
  metrics,
  log,
  onSuccess,
  ...limits
}: RecordControllerOptions<Record>): Queue {
  const queue = new Queue({
    ...limits,
    work: async (id) => {
      const outcome = await metrics.time(kind, () => reconcile(id));
      onSuccess?.();
      return outcome;
    },
    onError: (id, error) => log("error", messageOf(error), { [logged]: id }),
  });
  metrics.showQueue(kind, queue);

  const changes = new ChangeFilter<Record>(({ metadata }) => [
    metadata.uid,
    metadata.generation,
    metadata.deletionTimestamp,
  ]);
  // Drivers write claim, finalizer and status; such a change doesn't cause another try after a failure. What is neither
  // looked at nor kept may change all the time.
  const others = new ChangeFilter<Record>(({ metadata: { resourceVersion: _, labels, ...metadata }, ...rest }) => [
    Object.entries(labels ?? {}).filter(([key]) => key.split("/")[0]?.endsWith(group)),
    metadata,
    rest,
  ]);
  records.onChange((record) => {
    const id = vnicId(record.metadata);
    const isOther = others.changed(id, record);
    if (changes.changed(id, record)) queue.add(id);
    else if (isOther) queue.addQuietly(id);
  });
  records.onGone(({ metadata }) => {
    const id = vnicId(metadata);
    changes.forget(id);
    others.forget(id);
    queue.addQuietly(id);
  });

  for (const { metadata } of records.list()) queue.addQuietly(vnicId(metadata));
  return queue;
}
