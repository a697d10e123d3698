import { Deadline } from "../lifecycle/deadline.ts";
import { removeFromNode } from "../lifecycle/eject.ts";
import { annotations, vnicId } from "../model/names.ts";
import { terminationOf } from "../model/kubernetes/pod.ts";
import { placeOf, refOf } from "../model/vnic/record.ts";
import { setStatus } from "./status.ts";
import { about, type Module } from "./task.ts";

const deadlineSeconds = 30;

/**
 * Pod event: the record's metadata names the pod that has the Vnic. If that has terminated, the remains of this
 * realisation are removed, the record is updated, and the Vnic is requeued, since there may be a new pod of its name.
 * Otherwise there is nothing to do.
 */
export const stale: Module = async (task) => {
  const { world, record, pod } = task;
  const { namespace, uid } = record.metadata;
  const place = placeOf(record);
  const end = place && terminationOf(pod, place.podUid);
  if (!place || end === undefined) return undefined;

  await setStatus(task, "PodTerminated", `its pod ${record.spec.pod.name} ${end}`);
  const deadline = new Deadline(`taking Vnic ${vnicId(record.metadata)} off node ${place.node}`, deadlineSeconds);
  await world.claims.hold(world, refOf(record), record, deadline, async ({ record: current }) => {
    // The former holder of the claim may have moved the Vnic, and our copy may be slightly old.
    if (current?.metadata.uid !== uid || placeOf(current)?.podUid !== place.podUid) return;
    if (terminationOf(await world.cluster.findPod(namespace, record.spec.pod.name), place.podUid) === undefined) return;
    await removeFromNode(world, { ...refOf(record), uid }, place.node, undefined, deadline, { keepLease: true });
    await world.cluster.changeVnic(current, { annotations: { [annotations.node]: null, [annotations.podUid]: null } });
    world.log("info", `removed what was left of it on node ${place.node}: ${end}`, about(task));
  });
  return { againInSeconds: 0 };
};
