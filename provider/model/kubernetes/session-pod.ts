import type { ContainerStatus, PodObject } from "./pod.ts";
import { sessionContainer } from "./session-job.ts";

/** The state of a session's pod: starting, ready to be attached to, or failed. */
export type SessionPodState =
  | { readonly state: "starting"; readonly why: string }
  | { readonly state: "running" }
  | { readonly state: "stuck"; readonly why: string };

/** Reasons for waiting that won't go away within a deadline; the kubelet's message says why. */
const stuckReasons = new Set([
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "ImageInspectError",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

/** Messages of failed pulls that a retry won't fix. A busy registry has other messages. */
const hopelessPull = /not found|denied|unauthorized|forbidden|connection refused|no such host|invalid/i;

function isStuck({ reason = "", message = "" }: { reason?: string; message?: string }): boolean {
  return stuckReasons.has(reason) || (reason === "ErrImagePull" && hopelessPull.test(message));
}

export function readSessionPod(pod: PodObject): SessionPodState {
  const { phase, reason, message, containerStatuses } = pod.status ?? {};
  if (phase === "Failed" || phase === "Succeeded")
    return {
      state: "stuck",
      why: [`phase ${phase}`, reason, message, terminatedWords(containerStatuses?.[0])].filter(Boolean).join(": "),
    };
  const container = containerStatuses?.find(({ name }) => name === sessionContainer);
  if (container?.state?.running) return { state: "running" };
  const waiting = container?.state?.waiting;
  if (waiting && isStuck(waiting))
    return { state: "stuck", why: [waiting.reason, waiting.message].filter(Boolean).join(": ") };
  return { state: "starting", why: waiting?.reason ?? phase ?? "no status yet" };
}

/** The exit code of a process that was ended by SIGKILL (128 + 9, as shells count). */
const killedCode = 137;

/**
 * Whether something from outside has killed the container, which says nothing about another one. Its own memory limit
 * would end another one as well.
 */
export function wasKilled({ status }: PodObject): boolean {
  const terminated = status?.containerStatuses?.[0]?.state?.terminated;
  return status?.phase === "Failed" && terminated?.exitCode === killedCode && terminated.reason !== "OOMKilled";
}

function terminatedWords(container: ContainerStatus | undefined): string | undefined {
  const terminated = container?.state?.terminated;
  if (!terminated) return undefined;
  return [`exit code ${terminated.exitCode}`, terminated.reason, terminated.message].filter(Boolean).join(", ");
}
