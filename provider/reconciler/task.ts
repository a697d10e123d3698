import type { Driver } from "../lifecycle/driver.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { Log } from "./log.ts";
import type { Outcome } from "./queue.ts";

/** The context shared by all parts of the reconciler. */
export interface ReconcilerContext extends Driver {
  readonly log: Log;
  /** Vnics to check on their nodes as well, whatever their records say. */
  readonly due: Set<string>;
  /** Attached Vnics that may have lost claims of their addresses. */
  readonly lost: Set<string>;
}

/** One Vnic to reconcile: its record and the pod of its name, both as just read. */
export interface Task {
  readonly context: ReconcilerContext;
  readonly record: StoredVnic;
  readonly pod: PodObject | undefined;
}

/** Returns `undefined` when there is nothing to do. */
export type Module = (task: Task) => Promise<Outcome | undefined>;

/** The task's objects, for a log entry. */
export function about({ record: { metadata, spec } }: Pick<Task, "record">) {
  return { vnic: `${metadata.namespace}/${metadata.name}`, pod: `${metadata.namespace}/${spec.pod.name}` };
}
