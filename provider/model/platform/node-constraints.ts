import type { AgentOptions } from "./options.ts";

/** Where a workload's pods may run: on Linux nodes, as restricted by the options. */
export function nodeConstraints({ nodeSelector, tolerations = [] }: AgentOptions) {
  return {
    nodeSelector: { "kubernetes.io/os": "linux", ...nodeSelector },
    ...(tolerations.length === 0 ? {} : { tolerations }),
  };
}

/** Resources as the API server completes them: a limit without a request is also the request. */
export function wholeResources({ requests, limits }: NonNullable<AgentOptions["resources"]>) {
  const whole = { ...limits, ...requests };
  return {
    ...(Object.keys(whole).length === 0 ? {} : { requests: whole }),
    ...(limits && Object.keys(limits).length > 0 ? { limits } : {}),
  };
}
