import { Deadline } from "../lifecycle/deadline.ts";
import { eject } from "../lifecycle/eject.ts";
import { finalizer as ours, vnicId } from "../model/names.ts";
import { terminationOf } from "../model/kubernetes/pod.ts";
import { placementOf, refOf } from "../model/vnic/record.ts";
import { setStatus } from "./status.ts";
import { about, type Module } from "./task.ts";

const deadlineSeconds = 30;

/**
 * Delete event: the record is marked for deletion, and its metadata names the pod. If the pod has terminated, the Vnic
 * is removed from its node, and the record with it. If not, `detach` unplugs the NIC first, and `waitForPod` requeues.
 */
export const finalizer: Module = async (task) => {
  const { context, record, pod } = task;
  const { uid, finalizers } = record.metadata;
  if (!finalizers?.includes(ours)) return undefined;
  const placement = placementOf(record);
  const isTerminated = placement === undefined || terminationOf(pod, placement.podUid) !== undefined;
  if (!isTerminated && record.spec.deletionPolicy === "waitForPod") {
    await setStatus(task, "WaitingForPod", `it is deleted when pod ${record.spec.pod.name} has terminated`);
    return { againInSeconds: 60 };
  }
  const deadline = new Deadline(`deleting Vnic ${vnicId(record.metadata)}`, deadlineSeconds);
  await eject(context, refOf(record), { uid }, deadline);
  context.log("info", "it is deleted", about(task));
  return undefined;
};
