/** What we read of a Node (core/v1). */
export interface NodeObject {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly nodeInfo?: { readonly containerRuntimeVersion: string; readonly kubeletVersion?: string };
  };
}

export interface NodeState {
  readonly ready: boolean;
  /** The kubelet's or the node controller's own words when it isn't ready. */
  readonly why: string;
  /** An administrator vouches that the node is shut down, and that nothing on it runs any more. */
  readonly fenced: boolean;
}

/** Kubernetes' own mark for that (non-graceful node shutdown). */
const outOfService = "node.kubernetes.io/out-of-service";

export function readNode({ spec, status }: NodeObject): NodeState {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return {
    ready: ready?.status === "True",
    why: ready?.message ?? "it has no Ready condition",
    fenced: spec?.taints?.some(({ key }) => key === outOfService) ?? false,
  };
}
