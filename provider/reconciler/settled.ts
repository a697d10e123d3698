import { valuesOf } from "../model/address/address.ts";
import { holdsExactly } from "../model/address/held.ts";
import { endedWith, type PodObject, readPod, runsContainer, terminationOf } from "../model/kubernetes/pod.ts";
import { waitsForParent } from "../model/vnic/agent-status.ts";
import { claimOn } from "../model/vnic/claim.ts";
import { readyOf } from "../model/vnic/pending.ts";
import { definitionInRecord, placementOf, type StoredVnic } from "../model/vnic/record.ts";

/**
 * Whether the record says that everything is done, and nothing has happened since that could have changed this. For a
 * Vnic that waits for its parent, the node agent reports when the parent is back.
 */
export function isServed(record: StoredVnic, pod: PodObject | undefined): boolean {
  const { status, metadata } = record;
  const ready = readyOf(status);
  return (
    ready !== undefined &&
    (ready.status === "True" || waitsForParent(ready)) &&
    ready.observedGeneration === metadata.generation &&
    placementOf(record)?.podUid === pod?.metadata?.uid &&
    status?.pod?.uid === pod?.metadata?.uid &&
    status?.pod?.containerId !== undefined &&
    pod !== undefined &&
    (runsContainer(pod, status.pod.containerId) || endedWith(pod, status.pod.containerId))
  );
}

/**
 * Whether a watched record, and the watched pod of its name, need nothing, so that neither has to be read. A driver's
 * own writes are such changes, and so are most records when the reconciler starts. If one of the two is older than
 * what the API server has, the watch will report the newer one.
 */
export function isSettled(record: StoredVnic | undefined, pod: PodObject | undefined): boolean {
  if (!record || !pod || record.metadata.deletionTimestamp !== undefined || claimOn(record) !== undefined) return false;
  // The pod's annotation, which others may change, isn't kept.
  if (record.status?.networkStatus) return false;
  const placement = placementOf(record);
  if (!placement || terminationOf(pod, placement.podUid) !== undefined) return false;
  if (readPod(pod).state !== "running" || !isServed(record, pod)) return false;
  try {
    return holdsExactly(record.metadata, valuesOf(definitionInRecord(record)));
  } catch {
    // What is wrong with the record is reported when it is read.
    return false;
  }
}
