/** The fields of a Node (core/v1) that we read. */
export interface NodeObject {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly nodeInfo?: {
      readonly containerRuntimeVersion: string;
      readonly kubeletVersion?: string;
      readonly operatingSystem?: string;
    };
  };
}

export interface NodeState {
  readonly ready: boolean;
  /** The reason why the node isn't ready, from the kubelet or the node controller. */
  readonly why: string;
  /** Whether an administrator has declared that the node is shut down, so that nothing runs on it any more. */
  readonly fenced: boolean;
}

/** Kubernetes' taint for a node that is shut down (non-graceful node shutdown). */
const outOfService = "node.kubernetes.io/out-of-service";

export function readNode({ spec, status }: NodeObject): NodeState {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return {
    ready: ready?.status === "True",
    why: ready?.message ?? "it has no Ready condition",
    fenced: spec?.taints?.some(({ key }) => key === outOfService) ?? false,
  };
}
