/** What kstatus looks at of an object. */
export interface Judged {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/**
 * How an object of a custom kind fares by the rules of kstatus (sigs.k8s.io/cli-utils, package kstatus/status: first those
 * for all kinds, then the condition Ready), which Helm, Flux and kapply wait by.
 */
export function kstatusOf({ metadata, status }: Judged): "Terminating" | "InProgress" | "Failed" | "Current" {
  const has = (type: string, value: string) =>
    status?.conditions?.some((one) => one.type === type && one.status === value) ?? false;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation)
    return "InProgress";
  if (has("Reconciling", "True")) return "InProgress";
  if (has("Stalled", "True")) return "Failed";
  return has("Ready", "False") || has("Ready", "Unknown") ? "InProgress" : "Current";
}
