import { readyOf } from "../model/vnic/pending.ts";
import { inject } from "../lifecycle/inject.ts";
import { valuesOf } from "../model/address/address.ts";
import { holdsJust } from "../model/address/held.ts";
import { observe } from "../lifecycle/observe.ts";
import { waitsForParent } from "../model/vnic/agent-status.ts";
import { difference } from "../model/vnic/diff.ts";
import { vnicId } from "../model/names.ts";
import { endedWith, readPod, runsContainer } from "../model/kubernetes/pod.ts";
import { definitionInRecord, placeOf, refOf, stateOfRecord } from "../model/vnic/record.ts";
import { packageVersion } from "../base/package.ts";
import { setDown } from "./status.ts";
import { about, type Module, type Task } from "./task.ts";

/** A node that dies without a word must not keep others waiting for long. */
const deadlineSeconds = 30;

/** A create event, a changed spec, a pod that runs now: the Vnic is made on its target pod. */
export const creation: Module = async (task) => {
  const { world, record, pod } = task;
  const definition = definitionInRecord(record);
  const state = pod && readPod(pod);
  if (state?.state !== "running") {
    // A container that restarts takes no NIC with it, nor does a pod that is on its way out.
    if (pod === undefined || pod.metadata?.uid !== placeOf(record)?.podUid) await setDown(task, state);
    return undefined;
  }
  const isDue = world.due.delete(vnicId(record.metadata));
  if (isServed(task) && holdsJust(record.metadata, valuesOf(definition)) && !(isDue && (await hasDrifted(task))))
    return undefined;
  const { node } = await inject(world, definition, { lead: record, deadlineSeconds });
  world.log("info", `it is in its pod on node ${node}`, about(task));
  return undefined;
};

/**
 * Whether the record says that all was done, and nothing has happened since that may have undone it. What waits for its
 * parent is told of by the node agent, also when that is there again.
 */
function isServed({ record, pod }: Task): boolean {
  const { status, metadata } = record;
  const ready = readyOf(status);
  return (
    ready !== undefined &&
    (ready.status === "True" || waitsForParent(ready)) &&
    ready.observedGeneration === metadata.generation &&
    placeOf(record)?.podUid === pod?.metadata?.uid &&
    status?.pod?.uid === pod?.metadata?.uid &&
    status?.pod?.containerId !== undefined &&
    pod !== undefined &&
    (runsContainer(pod, status.pod.containerId) || endedWith(pod, status.pod.containerId))
  );
}

async function hasDrifted({ world, record }: Task): Promise<boolean> {
  const known = stateOfRecord(record, packageVersion);
  const seen = await observe(world, refOf(record), known, { deadlineSeconds });
  return seen === undefined || seen.drift !== undefined || difference(seen, known).update.length > 0;
}
