/** The fields of an object that kstatus reads. */
export interface Judged {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/**
 * The status of an object of a custom kind by the rules of kstatus (sigs.k8s.io/cli-utils, package kstatus/status:
 * first the generic rules, then the condition Ready), which Helm, Flux and kapply use. Other tests ask kstatus itself, by
 * kapply.
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
