import { systemNamespace } from "../names.ts";
import type { PodObject } from "./pod.ts";

/** The advice for a node whose agent doesn't answer; `pod` is the agent's pod there. */
export function agentAdvice(pod: PodObject | undefined): string {
  if (!pod) return "none is installed there; install it: npx pulumi-vnic manifests | kubectl apply -f -";
  const name = pod.metadata?.name ?? "";
  const { phase, conditions = [], containerStatuses = [] } = pod.status ?? {};
  const ready = conditions.find(({ type }) => type === "Ready");
  const look = `kubectl -n ${systemNamespace} logs ${name}`;
  if (ready?.status === "True") return `its pod ${systemNamespace}/${name} says that it is ready; look at it: ${look}`;
  const waiting = containerStatuses.map(({ state }) => state?.waiting?.reason);
  const why = [phase, ...waiting, ready?.message].filter(Boolean).join(", ") || "no status yet";
  return `its pod ${systemNamespace}/${name} isn't ready (${why}); look at it: ${look}`;
}
