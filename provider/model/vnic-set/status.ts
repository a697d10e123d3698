import type { VnicError } from "../../base/errors.ts";
import { failureReasons } from "../vnic/attempt.ts";
import { readyOf } from "../vnic/pending.ts";
import type { StoredVnic } from "../vnic/record.ts";
import { truncate } from "../../base/quote.ts";
import { maxLength } from "../schema/bounds.ts";
import { type Problem, problemWords } from "../schema/problem.ts";
import type { Expansion } from "./expansion.ts";
import type { SetCondition, StoredVnicSet, VnicSetStatus } from "./record.ts";

/** What was found out about a set. */
export interface SetFindings extends Expansion {
  /** The errors of Vnics that the API server has refused, by pod. */
  readonly refused?: ReadonlyMap<string, VnicError>;
}

/** The status of a set; each condition keeps its last transition time. */
export function setStatusOf(
  set: StoredVnicSet,
  expansion: SetFindings,
  workloadIsMissing: boolean,
  now: Date,
): VnicSetStatus {
  const { desired, served, members, waiting, apply, remove } = expansion;
  const changing = new Set([...apply, ...remove].map(({ spec }) => spec.pod.name));
  const ready = served.filter(
    ({ metadata: { name = "", uid } = {} }) => !changing.has(name) && isServed(members.get(name), uid),
  );
  const condition = (wanted: Pick<SetCondition, "type" | "status" | "reason" | "message">): SetCondition => {
    const before = set.status?.conditions.find(({ type, status }) => type === wanted.type && status === wanted.status);
    return {
      ...wanted,
      message: truncate(wanted.message, maxLength.message),
      lastTransitionTime: before?.lastTransitionTime ?? now.toISOString(),
      observedGeneration: set.metadata.generation,
    };
  };
  const exhausted = waiting.length > 0;
  return {
    observedGeneration: set.metadata.generation,
    desired,
    ready: ready.length,
    conditions: [
      condition({ type: "Ready", ...readiness(set, expansion, ready.length, workloadIsMissing) }),
      condition(
        exhausted
          ? { type: "AddressesAvailable", status: "False", reason: "RangeExhausted", message: exhaustedWords(waiting) }
          : { type: "AddressesAvailable", status: "True", reason: "Enough", message: "every pod has its address" },
      ),
    ],
  };
}

/** The status of a set whose spec breaks a rule that the API server can't check. Its Vnics aren't changed. */
export function invalidSetStatus(set: StoredVnicSet, problems: readonly Problem[], now: Date): VnicSetStatus {
  const message = truncate(problemWords(problems), maxLength.message);
  const { generation } = set.metadata;
  const since = { lastTransitionTime: now.toISOString(), observedGeneration: generation };
  return {
    observedGeneration: generation,
    desired: set.status?.desired ?? 0,
    ready: set.status?.ready ?? 0,
    conditions: [{ type: "Ready", status: "False", reason: "Invalid", message, ...since }],
  };
}

/** Whether the set's current status already says what `wanted` says. */
export function setStatusIncludes(set: StoredVnicSet, wanted: VnicSetStatus): boolean {
  const words = ({ observedGeneration, desired, ready, conditions }: VnicSetStatus) =>
    JSON.stringify([
      [observedGeneration, desired, ready],
      ...conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    ]);
  return set.status !== undefined && words(set.status) === words(wanted);
}

function readiness(
  set: StoredVnicSet,
  { desired, members, waiting, mistakes, refused = new Map() }: SetFindings,
  ready: number,
  missing: boolean,
) {
  const notReady = (reason: string, message: string) => ({ status: "False" as const, reason, message });
  const count = `${ready} of ${desired} pods have their Vnic`;
  const { workload } = set.spec;
  if (missing && workload)
    return notReady(
      "WorkloadMissing",
      `there is no ${workload.kind} ${workload.name} in namespace ${set.metadata.namespace}`,
    );
  const [mistake] = mistakes;
  if (mistake) return notReady("Invalid", `the Vnic of pod ${mistake[0]} can't be: ${mistake[1]}`);
  const [refusal] = refused;
  if (refusal) return notReady(failureReasons[refusal[1].kind], `${count}; pod ${refusal[0]}: ${refusal[1].message}`);
  if (ready === desired) return { status: "True" as const, reason: "AllServed", message: count };
  if (waiting.length > 0) return notReady("RangeExhausted", `${count}; ${exhaustedWords(waiting)}`);
  const failing = [...members.values()]
    .map(({ spec, status }) => ({ pod: spec.pod.name, ready: readyOf(status) }))
    .find(({ ready }) => ready?.status === "False");
  return notReady("Progressing", failing ? `${count}; pod ${failing.pod}: ${failing.ready?.message}` : count);
}

function exhaustedWords(waiting: readonly string[]): string {
  const first = waiting.slice(0, 5).join(", ");
  const names = waiting.length > 5 ? `${first} and ${waiting.length - 5} more` : first;
  return `no address is left for ${names}; widen the range, or free one`;
}

/** Whether the pod with that UID has its Vnic, which isn't about to be changed or deleted, as the set asks for it. */
function isServed(vnic: StoredVnic | undefined, uid: string | undefined): boolean {
  const ready = readyOf(vnic?.status);
  return (
    vnic?.metadata.deletionTimestamp === undefined &&
    ready?.status === "True" &&
    (ready.observedGeneration ?? 0) >= (vnic?.metadata.generation ?? 0) &&
    vnic?.status?.pod?.uid === uid
  );
}
