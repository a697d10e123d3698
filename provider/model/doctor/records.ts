import { readyOf } from "../vnic/pending.ts";
import { readPod, type PodObject } from "../kubernetes/pod.ts";
import { vnicId, type VnicRef } from "../names.ts";
import { namesNetwork } from "../network/reference.ts";
import type { StoredNetwork } from "../network/record.ts";
import { placementOf, type StoredVnic } from "../vnic/record.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** How many Vnics a line names. */
const maxNamed = 5;

/**
 * Reports records that aren't ready, with the reason. `hasReconciler` is whether a reconciler would work on them. If the
 * reason is a fault of the node, the Vnics are added to that fault's line, so that each fault has one line.
 *
 * @param nodes The findings about nodes, which are returned as well.
 */
export function examineRecords(
  records: readonly StoredVnic[],
  hasReconciler: boolean,
  nodes: readonly Finding[] = [],
): Finding[] {
  const examined = records.map((record) => {
    const findings = examineRecord(record, hasReconciler);
    const isFault = findings.some(({ level }) => level === "fault");
    return { id: vnicId(record.metadata), findings, cause: isFault ? causeOf(record, nodes) : undefined };
  });
  const served = examined.filter(({ findings }) => findings.length === 0).length;
  const affectedBy = (fault: Finding) => examined.filter(({ cause }) => cause === fault).map(({ id }) => id);
  return [
    ...nodes.map((one) => withAffected(one, affectedBy(one))),
    ...examined.flatMap(({ findings, cause }) => (cause ? [] : findings)),
    ok("Vnics", `${served} of ${records.length} are ready`),
  ];
}

/** The fault of the record's node that is the reason why the record isn't ready. */
function causeOf(record: StoredVnic, nodes: readonly Finding[]): Finding | undefined {
  const reason = readyOf(record.status)?.message ?? "";
  const node = `node ${placementOf(record)?.node}`;
  // The words before the first colon say which file or network it was, which differs.
  const essence = (message: string) => message.slice(message.indexOf(": ") + 1).trim();
  return nodes.find(({ level, subject, message }) => {
    const words = essence(message);
    return level === "fault" && subject === node && words !== "" && reason.includes(words);
  });
}

function withAffected(finding: Finding, ids: readonly string[]): Finding {
  if (ids.length === 0) return finding;
  return { ...finding, message: `${finding.message}; this keeps Vnic ${someOf(ids)} from being ready` };
}

function someOf(ids: readonly string[]): string {
  const more = ids.length > maxNamed ? ` and ${ids.length - maxNamed} more` : "";
  return ids.slice(0, maxNamed).join(", ") + more;
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

/** Reports Networks that wait for their deletion, and for whom. */
export function examineNetworks(networks: readonly StoredNetwork[], vnics: readonly StoredVnic[]): Finding[] {
  return networks.flatMap(({ metadata: { name, deletionTimestamp } }) => {
    if (deletionTimestamp === undefined) return [];
    const users = vnics.filter(({ spec }) => namesNetwork(spec.network, name));
    const ids = users.map(({ metadata }) => vnicId(metadata));
    const patch = `kubectl patch vnicnetwork ${name} --type=merge -p '{"metadata":{"finalizers":null}}'`;
    const [why, remedy] =
      ids.length > 0
        ? [`Vnic ${someOf(ids)} is on it`, "delete these Vnics, or move them to another Network"]
        : ["no Vnic's record names it", `if it doesn't go with the next Vnic that is deleted: ${patch}`];
    return [warning(`Network ${name}`, `has been waiting for its deletion since ${deletionTimestamp}: ${why}`, remedy)];
  });
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
