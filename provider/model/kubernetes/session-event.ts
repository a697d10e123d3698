import { annotations } from "../names.ts";

/** The fields of an Event (core/v1) about a session's Job or pod that we read. */
export interface ClusterEvent {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
}

/**
 * Reasons of warnings that explain why a session's pod doesn't start: of the Job controller, whose pods are denied by
 * quota, policy or security context constraints; and of the kubelet. Kubernetes retries, but the cause rarely goes
 * away by itself.
 */
const reasonsNotToStart = new Set([
  "FailedCreate",
  "FailedMount",
  "FailedAttachVolume",
  "FailedCreatePodSandBox",
  "FailedCreatePodContainer",
  "FailedScheduling",
  "Failed",
  "InspectFailed",
  "ErrImageNeverPull",
  "BackOff",
  "NetworkNotReady",
  "NodeNotReady",
  "Evicted",
  "UnexpectedAdmissionError",
]);

/** A message that only names a container's state, such as `Error: ImagePullBackOff`; another event has the cause. */
const stateAlone = /^(Error: \w+|Back-off pulling image "[^"]*")$/;

/**
 * Why a Job's pod isn't created or doesn't start: the last such event that gives a cause, or else the last event;
 * undefined if there is none.
 */
export function whyNotStarted(events: readonly ClusterEvent[]): string | undefined {
  const explaining = events.filter(
    ({ type, reason = "" }) => type === "Warning" && (reasonsNotToStart.has(reason) || reason.startsWith("OutOf")),
  );
  const cause = explaining.findLast(({ message = "" }) => !stateAlone.test(message)) ?? explaining.at(-1);
  if (!cause) return undefined;
  const words = [cause.reason, cause.message].filter(Boolean).join(": ");
  return cause.reason === "FailedMount" && words.includes("hostPath type check failed")
    ? `${words}; if the node's container runtime keeps its files elsewhere, say where by the Node's annotation ${annotations.runtimeLayout}`
    : words;
}
