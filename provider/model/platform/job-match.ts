import { group } from "../names.ts";
import { literal, type Validation } from "./admission.ts";

/* What a Job in our own namespace may be, besides the spec of its pod: the Job of one session. */

/** The rules for Jobs. `labels`: those of a session's pod. */
export function jobRules(labels: Readonly<Record<string, string>>): Validation[] {
  const rules: [expression: string, message: string][] = [
    [
      isOneSession,
      "a Job may make one pod, once: parallelism, completions, backoffLimit and ttlSecondsAfterFinished are fixed",
    ],
    [
      "object.spec.template.?metadata.?annotations.orValue({}).size() == 0",
      "spec.template.metadata.annotations: a session's pod has none, because runtimes and network plugins may act on them",
    ],
    [
      "object.spec.template.?metadata.?finalizers.orValue([]).size() == 0 && (request.operation != 'CREATE' || object.metadata.?finalizers.orValue([]).size() == 0)",
      "a session's Job and its pod have no finalizers, which would keep them in the cluster",
    ],
    [
      hasOwnLabels(labels),
      `spec.template.metadata.labels: of app.kubernetes.io and ${group}, a session's pod has exactly ${Object.keys(labels).join(", ")}, so that it isn't taken for another component's`,
    ],
  ];
  return rules.map(([expression, message]) => ({
    expression: `request.kind.kind != 'Job' || (${expression})`,
    messageExpression: literal(message),
  }));
}

/** CEL: whether a Job makes one pod, which runs once. */
const isOneSession = [
  "object.spec.?parallelism.orValue(1) == 1 && object.spec.?completions.orValue(1) == 1",
  "object.spec.?backoffLimit.orValue(6) == 0 && !object.spec.?suspend.orValue(false)",
  "object.spec.?ttlSecondsAfterFinished.orValue(-1) == 10",
  `object.spec.all(k, k in ${literal(["parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished", "suspend", "selector", "template", "completionMode", "manualSelector", "podReplacementPolicy"])})`,
  "object.spec.?completionMode.orValue('NonIndexed') == 'NonIndexed' && !object.spec.?manualSelector.orValue(false)",
].join(" && ");

/**
 * CEL: whether the pod has exactly these labels of ours. The API server adds its own labels, and a cluster's admission
 * may add others.
 */
function hasOwnLabels(labels: Readonly<Record<string, string>>): string {
  const own = literal(labels);
  const there = "object.spec.template.?metadata.?labels.orValue({})";
  const isReserved = `k.matches('^(app[.]kubernetes[.]io|([a-z0-9-]+[.])*${group.replaceAll(".", "[.]")})/')`;
  return `${own}.all(k, k in ${there} && ${there}[k] == ${own}[k]) && ${there}.all(k, k in ${own} || !${isReserved})`;
}
