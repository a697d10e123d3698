import { annotations } from "../names.ts";

/** What we read of an Event (core/v1) about a session's Job or its pod. */
export interface ClusterEvent {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
}

/**
 * Reasons of warnings without which a session's pod would have started: of the Job controller, whose pods are denied by quota,
 * policy or security context constraints; and of the kubelet. Each is tried again, but seldom heals by itself.
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
]);

/** Why a Job's pod isn't made or doesn't start, in the words of the last such event; undefined while no event says so. */
export function whyNotStarted(events: readonly ClusterEvent[]): string | undefined {
  const told = events.findLast(
    ({ type, reason = "" }) => type === "Warning" && (reasonsNotToStart.has(reason) || reason.startsWith("OutOf")),
  );
  if (!told) return undefined;
  const words = [told.reason, told.message].filter(Boolean).join(": ");
  return told.reason === "FailedMount" && words.includes("hostPath type check failed")
    ? `${words}; if the node's container runtime keeps its files elsewhere, say where by the Node's annotation ${annotations.runtimeLayout}`
    : words;
}
