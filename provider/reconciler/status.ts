import { emitEvents } from "../lifecycle/emit-events.ts";
import { isVnicError, messageOf } from "../base/errors.ts";
import { type PodState, runsContainer } from "../model/kubernetes/pod.ts";
import { failureReasons } from "../model/vnic/attempt.ts";
import { refOf, type StoredVnic } from "../model/vnic/record.ts";
import { failedStatus, statusIncludes } from "../model/vnic/status.ts";
import type { Task } from "./task.ts";

/* The status of a Vnic with a problem; written only if it changes. */

/** Sets the status to not ready. Returns the record as written; undefined if its status says so already. */
export async function setStatus(task: Task, reason: string, message: string): Promise<StoredVnic | undefined> {
  const { context, record } = task;
  const status = failedStatus(record, { reason, message, attached: isAttached(task) }, new Date());
  if (statusIncludes(record, status)) return undefined;
  return context.cluster.applyVnicStatus(refOf(record), status);
}

/** Sets the status of a Vnic whose pod isn't running, like {@link setStatus}. */
export async function setDown(
  task: Task,
  state: Exclude<PodState, { state: "running" }> | undefined,
): Promise<StoredVnic | undefined> {
  const { pod } = task.record.spec;
  switch (state?.state) {
    case undefined:
      return setStatus(task, "PodNotFound", `there is no pod ${pod.name}`);
    case "pending":
      return setStatus(task, "PodPending", `pod ${pod.name} doesn't run: ${state.why}`);
    case "terminated":
      return setStatus(task, "PodTerminated", `pod ${pod.name} has terminated: ${state.why}`);
    case "hostNetwork":
      return setStatus(task, "PodUsesHostNetwork", `pod ${pod.name} has no network of its own`);
  }
}

/** Sets the status after a failure, which is reported once and not for each try. */
export async function setFailed(task: Task, error: unknown): Promise<void> {
  if (isVnicError(error, "outdated", "unreachable")) return;
  const message = messageOf(error);
  const written = await setStatus(task, isVnicError(error) ? failureReasons[error.kind] : "Failed", message);
  if (!written) return;
  const { record, pod, context } = task;
  const reason = record.metadata.deletionTimestamp ? "FailedRemovingInterface" : "FailedAddingInterface";
  await emitEvents(context, record, pod?.metadata?.uid, { type: "Warning", reason, message, key: message });
}

/** Whether the NIC is still where it was last seen, according to the pod's status. */
function isAttached({ record: { status }, pod }: Task): boolean {
  const { uid, containerId } = status?.pod ?? {};
  return pod !== undefined && pod.metadata?.uid === uid && containerId !== undefined && runsContainer(pod, containerId);
}
