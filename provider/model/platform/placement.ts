import type { AgentOptions } from "./options.ts";

/** Where a workload's pods may run: on Linux, and where else the options say. */
export function placement({ nodeSelector, tolerations = [] }: AgentOptions) {
  return {
    nodeSelector: { "kubernetes.io/os": "linux", ...nodeSelector },
    ...(tolerations.length === 0 ? {} : { tolerations }),
  };
}

/** Resources as a pod has them in the end: what is limited and not requested is requested, too. */
export function wholeResources({ requests, limits }: NonNullable<AgentOptions["resources"]>) {
  const whole = { ...limits, ...requests };
  return {
    ...(Object.keys(whole).length === 0 ? {} : { requests: whole }),
    ...(limits && Object.keys(limits).length > 0 ? { limits } : {}),
  };
}
