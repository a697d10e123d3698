import { Deadline } from "../lifecycle/deadline.ts";
import { removeFromNode } from "../lifecycle/eject.ts";
import { withdraw } from "../lifecycle/network/network-status.ts";
import { vnicId } from "../model/names.ts";
import { readPod, terminationOf } from "../model/kubernetes/pod.ts";
import { noPlaceChange, placementOf, refOf, type StoredVnic } from "../model/vnic/record.ts";
import { setDown, setStatus } from "./status.ts";
import { about, type Task } from "./task.ts";

const deadlineSeconds = 30;

/**
 * Pod event: the record's metadata names the pod that has the Vnic. If that pod has terminated, the remains of this
 * realisation are removed, and the record is updated. Returns the record as it is then; undefined if another driver has
 * changed it meanwhile.
 */
export async function withoutStale(task: Task): Promise<StoredVnic | undefined> {
  const { context, record, pod } = task;
  const { namespace, uid } = record.metadata;
  const placement = placementOf(record);
  const end = placement && terminationOf(pod, placement.podUid);
  if (!placement || end === undefined) return record;

  // Our own write of the status gives the record another version, which the claim needs.
  const reported = (await report(task, end)) ?? record;
  const deadline = new Deadline(
    `removing Vnic ${vnicId(record.metadata)} from node ${placement.node}`,
    deadlineSeconds,
  );
  return context.claims.hold(
    context,
    refOf(record),
    reported,
    deadline,
    async ({ record: current, confirm, releaseChanging }) => {
      // The former holder of the claim may have moved the Vnic. A pod that has terminated stays so.
      if (current?.metadata.uid !== uid || placementOf(current)?.podUid !== placement.podUid) return undefined;
      await confirm();
      await removeFromNode(context, { ...refOf(record), uid }, placement.node, undefined, deadline, {
        keepLease: true,
      });
      await withdraw(context, namespace, current.status?.networkStatus);
      const left = await releaseChanging(current, noPlaceChange);
      context.log("info", `removed its remaining parts on node ${placement.node}: ${end}`, about(task));
      return left;
    },
  );
}

/** Reports that the Vnic's pod has terminated; or, if there is no running pod of that name, what it waits for. */
function report(task: Task, end: string): Promise<StoredVnic | undefined> {
  const state = task.pod && readPod(task.pod);
  if (state?.state !== "running") return setDown(task, state);
  return setStatus(task, "PodTerminated", `its pod ${task.record.spec.pod.name} ${end}`);
}
