import type { Driver } from "../lifecycle/driver.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { Log } from "./log.ts";
import type { Outcome } from "./queue.ts";

/** What all of the reconciler shares. */
export interface World extends Driver {
  readonly log: Log;
  /** Vnics that are to be looked at on their nodes too, whatever their records say. */
  readonly due: Set<string>;
}

/** One Vnic to look after: the record, and what bears its pod's name, both as the API server just told them. */
export interface Task {
  readonly world: World;
  readonly record: StoredVnic;
  readonly pod: PodObject | undefined;
}

/** Returns `undefined` when there is nothing to do. */
export type Module = (task: Task) => Promise<Outcome | undefined>;

/** The task's objects, for a line of the log. */
export function about({ record: { metadata, spec } }: Pick<Task, "record">) {
  return { vnic: `${metadata.namespace}/${metadata.name}`, pod: `${metadata.namespace}/${spec.pod.name}` };
}
