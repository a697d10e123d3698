import { changeUnlessEdited } from "../lifecycle/change-record.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import { removeFromNode } from "../lifecycle/eject.ts";
import { withdraw } from "../lifecycle/network/network-status.ts";
import { annotations, vnicId } from "../model/names.ts";
import { terminationOf } from "../model/kubernetes/pod.ts";
import { placementOf, refOf } from "../model/vnic/record.ts";
import { setStatus } from "./status.ts";
import { about, type Module } from "./task.ts";

const deadlineSeconds = 30;

/**
 * Pod event: the record's metadata names the pod that has the Vnic. If that pod has terminated, the remains of this
 * realisation are removed, the record is updated, and the Vnic is requeued, since there may be a new pod of the same
 * name. Otherwise there is nothing to do.
 */
export const stale: Module = async (task) => {
  const { context, record, pod } = task;
  const { namespace, uid } = record.metadata;
  const placement = placementOf(record);
  const end = placement && terminationOf(pod, placement.podUid);
  if (!placement || end === undefined) return undefined;

  // Our own write of the status gives the record another version, which the claim needs.
  const reported = (await setStatus(task, "PodTerminated", `its pod ${record.spec.pod.name} ${end}`)) ?? record;
  const deadline = new Deadline(
    `removing Vnic ${vnicId(record.metadata)} from node ${placement.node}`,
    deadlineSeconds,
  );
  await context.claims.hold(context, refOf(record), reported, deadline, async ({ record: current }) => {
    // The former holder of the claim may have moved the Vnic. A pod that has terminated stays so.
    if (current?.metadata.uid !== uid || placementOf(current)?.podUid !== placement.podUid) return;
    await removeFromNode(context, { ...refOf(record), uid }, placement.node, undefined, deadline, { keepLease: true });
    await withdraw(context, namespace, current.status?.networkStatus);
    await changeUnlessEdited(context.cluster, current, {
      annotations: { [annotations.node]: null, [annotations.podUid]: null },
    });
    context.log("info", `removed its remaining parts on node ${placement.node}: ${end}`, about(task));
  });
  return { againInSeconds: 0 };
};
