import { memoizeByObject } from "../../base/memoize.ts";
import type { PodObject } from "../kubernetes/pod.ts";
import type { Workload } from "./definition.ts";
import type { VnicSetSpec } from "./record.ts";

/** `metav1.LabelSelector`. */
interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

/** The fields of a Deployment, StatefulSet or DaemonSet (apps/v1) that we read. */
export interface WorkloadObject {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: LabelSelector;
    readonly replicas?: number;
    readonly ordinals?: { readonly start?: number };
    readonly template: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
  };
}

/** Whether the set selects a pod. If the set names a workload that doesn't exist, it selects no pod. */
export function isSelected(spec: VnicSetSpec, workload: WorkloadObject | undefined, pod: PodObject): boolean {
  const labels = pod.metadata?.labels ?? {};
  if (spec.selector) return matches({ matchLabels: spec.selector }, labels);
  return spec.workload !== undefined && workload !== undefined && isOf(spec.workload, workload, pod);
}

/**
 * Whether a pod belongs to a workload. The workload's selector alone would also match other pods with the same labels.
 */
function isOf({ kind, name }: Workload, { spec }: WorkloadObject, { metadata }: PodObject): boolean {
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller);
  const owned =
    kind === "Deployment"
      ? controller?.kind === "ReplicaSet" && controller.name.startsWith(`${name}-`)
      : controller?.kind === kind && controller.name === name;
  return owned && matches(spec.selector, metadata?.labels ?? {});
}

/** The values of a selector's expression, of which there may be very many. */
const valuesIn = memoizeByObject((values: readonly string[]) => new Set(values));

function matches({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>>) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && valuesIn(values).has(value);
        case "NotIn":
          return value === undefined || !valuesIn(values).has(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
      }
    })
  );
}

const byName = memoizeByObject(
  (workloads: readonly WorkloadObject[]) => new Map(workloads.map((one) => [one.metadata.name, one])),
);

/** The StatefulSet that creates pods of that name, and the pod's index in it, from 0; undefined for other pods. */
export function statefulOrdinalOf(
  pod: string,
  statefulSets: readonly WorkloadObject[],
): { readonly owner: WorkloadObject; readonly ordinal: number } | undefined {
  const [, name, text] = /^(.+)-(\d+)$/.exec(pod) ?? [];
  const owner = name === undefined ? undefined : byName(statefulSets).get(name);
  return owner && { owner, ordinal: Number(text) - (owner.spec.ordinals?.start ?? 0) };
}

/**
 * Whether a missing pod of that name will be created again and selected, because its index is within the replicas of
 * its StatefulSet.
 */
export function isAwaited(spec: VnicSetSpec, pod: string, statefulSets: readonly WorkloadObject[]): boolean {
  const stateful = statefulOrdinalOf(pod, statefulSets);
  if (!stateful || stateful.ordinal < 0 || stateful.ordinal >= (stateful.owner.spec.replicas ?? 1)) return false;
  const { metadata, spec: its } = stateful.owner;
  if (spec.workload) return spec.workload.kind === "StatefulSet" && spec.workload.name === metadata.name;
  return matches({ matchLabels: spec.selector ?? {} }, its.template.metadata?.labels ?? {});
}
