import { readyOf } from "../vnic/pending.ts";
import { readPod, type PodObject } from "../kubernetes/pod.ts";
import { vnicId, type VnicRef } from "../names.ts";
import type { StoredVnic } from "../vnic/record.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** Reports records that aren't ready, with the reason. `hasReconciler` is whether a reconciler would work on them. */
export function examineRecords(records: readonly StoredVnic[], hasReconciler: boolean): Finding[] {
  const waiting = records.flatMap((record) => examineRecord(record, hasReconciler));
  const served = records.length - new Set(waiting.map(({ subject }) => subject)).size;
  return [...waiting, ok("Vnics", `${served} of ${records.length} are ready`)];
}

function examineRecord({ metadata, status }: StoredVnic, hasReconciler: boolean): Finding[] {
  const subject = `Vnic ${vnicId(metadata)}`;
  const words = `kubectl -n ${metadata.namespace} describe vnic ${metadata.name}`;
  const ready = readyOf(status);
  const why = ready && ready.status !== "True" ? `${ready.reason}: ${ready.message}` : undefined;
  if (metadata.deletionTimestamp !== undefined)
    return [
      warning(
        subject,
        `has been waiting for its deletion since ${metadata.deletionTimestamp}${why ? `: ${why}` : ""}`,
        hasReconciler ? words : "run pulumi destroy of its stack, or install the reconciler",
      ),
    ];
  if (why !== undefined) return [fault(subject, why, words)];
  if (!ready)
    return [
      warning(
        subject,
        "hasn't been realised yet",
        hasReconciler ? words : "run pulumi up of its stack, or install the reconciler",
      ),
    ];
  if ((ready.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return [
      warning(subject, "was edited after it was last realised", hasReconciler ? words : "run pulumi up of its stack"),
    ];
  const others = status?.conditions.filter(({ type, status }) => type !== "Ready" && status === "False") ?? [];
  return others.map(({ reason, message }) => warning(subject, `${reason}: ${message}`, words));
}

/** Reports whether a pod could get a NIC now. */
export function examinePod(ref: VnicRef, pod: PodObject | undefined): Finding {
  const subject = `pod ${vnicId(ref)}`;
  if (!pod) return fault(subject, "there is no such pod", `kubectl -n ${ref.namespace} get pods`);
  const state = readPod(pod);
  switch (state.state) {
    case "running":
      return ok(subject, `runs on node ${state.node}`);
    case "hostNetwork":
      return fault(subject, "uses the node's network (hostNetwork), so it can't get a NIC", "name another pod");
    case "pending":
      return warning(
        subject,
        `isn't running yet: ${state.why}`,
        `kubectl -n ${ref.namespace} describe pod ${ref.name}`,
      );
    case "terminated":
      return fault(subject, `has terminated: ${state.why}`, "name a running pod");
  }
}
