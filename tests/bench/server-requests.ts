import type { Bench } from "../support/lifecycle.ts";

/** What the node side, the reconciler and drivers ask for. Other programs' requests for these kinds count as well. */
const kinds = ["vnics", "vnicsets", "vnicnetworks", "vnicaddresses", "jobs", "pods", "events", "nodes"];

/** How many requests of each kind the API server has answered since its start, by its own metrics. */
export async function countRequests({ kubectl }: Pick<Bench, "kubectl">): Promise<Record<string, number>> {
  return parseRequests(await kubectl("get", "--raw", "/metrics"));
}

/** Parses `apiserver_request_total` of an API server's metrics (Prometheus text format). */
export function parseRequests(metrics: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, labels = "", value] of metrics.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)) {
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", its = ""]) => [name, its] as const);
    const { verb = "", resource = "", subresource = "" }: Record<string, string> = Object.fromEntries(pairs);
    if (!kinds.includes(resource) || verb === "WATCH") continue;
    const kind = `${verb} ${subresource ? `${resource}/${subresource}` : resource}`;
    counts[kind] = (counts[kind] ?? 0) + Number(value);
  }
  return counts;
}

/** How many more there are now of each kind, without those that are as many as before. */
export function difference(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const changes = Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0));
}
