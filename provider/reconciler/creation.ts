import { inject } from "../lifecycle/inject.ts";
import { valuesOf } from "../model/address/address.ts";
import { holdsExactly } from "../model/address/held.ts";
import { isPublished, publish } from "../lifecycle/network/network-status.ts";
import { observe } from "../lifecycle/observe.ts";
import { viewOf } from "../lifecycle/view.ts";
import { difference } from "../model/vnic/diff.ts";
import { vnicId } from "../model/names.ts";
import { readPod } from "../model/kubernetes/pod.ts";
import { definitionInRecord, placementOf, refOf, stateOfRecord } from "../model/vnic/record.ts";
import { packageVersion } from "../base/package.ts";
import { hasLostClaims } from "./lost-claims.ts";
import { holdOnNewSegments } from "./new-segments.ts";
import { isServed } from "./settled.ts";
import { setDown } from "./status.ts";
import { about, type Module, type Task } from "./task.ts";

/** A node that dies silently must not keep other Vnics waiting for long. */
const deadlineSeconds = 30;

/** Create event, changed spec, or a running pod: realises the Vnic in its pod. */
export const creation: Module = async (task) => {
  const { context, record, pod } = task;
  const definition = definitionInRecord(record);
  const state = pod && readPod(pod);
  if (state?.state !== "running") {
    // The NIC survives a container restart, and a terminating pod keeps it until its end.
    if (pod === undefined || pod.metadata?.uid !== placementOf(record)?.podUid) await setDown(task, state);
    return undefined;
  }
  const id = vnicId(record.metadata);
  const isDue = context.due.delete(id);
  const claimsAgain = context.lost.has(id) && (await hasLostClaims(context.cluster, record));
  if (!claimsAgain) context.lost.delete(id);
  if (!claimsAgain && isServed(record, pod) && holdsExactly(record.metadata, valuesOf(definition))) {
    if (isDue) await holdOnNewSegments(task, definition);
    if (!isDue || !(await hasDrifted(task))) return publishAgain(task);
  }
  const source = { sourceRecord: record, ...(isDue ? {} : { podState: state }) };
  const { node } = await inject(context, definition, { ...source, deadlineSeconds });
  context.lost.delete(id);
  context.log("info", `it is attached to its pod on node ${node}`, about(task));
  return undefined;
};

/** Restores the Vnic's entry in the annotation of its pod if somebody has replaced it, as Multus does. */
async function publishAgain({ context, record, pod }: Task): Promise<undefined> {
  const { networkStatus, interface: nic } = record.status ?? {};
  if (!record.status || !networkStatus || !nic || isPublished(record.status, pod)) return;
  if (await context.cluster.hasDynamicNetworksController()) return;
  const { namespace } = record.metadata;
  await publish(context, namespace, networkStatus, networkStatus, nic);
}

async function hasDrifted({ context, record, pod }: Task): Promise<boolean> {
  const known = stateOfRecord(record, packageVersion);
  const seen = await observe(context, refOf(record), known, { deadlineSeconds, view: viewOf(context, record, pod) });
  return seen === undefined || seen.drift !== undefined || difference(seen, known).update.length > 0;
}
