/** What we read of a Pod (core/v1). */
export interface PodObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly creationTimestamp?: Date | string;
    readonly deletionTimestamp?: Date | string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
  readonly spec?: { readonly nodeName?: string; readonly hostNetwork?: boolean };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: object;
    readonly terminated?: { readonly exitCode?: number; readonly reason?: string; readonly message?: string };
  };
}

/** A pod that can be given a Vnic now. */
export interface RunningPod {
  readonly uid: string;
  readonly node: string;
  /** `<runtime>://<64 hex digits>` of any running container; leads the node side to the pod's sandbox. */
  readonly containerId: string;
}

export type PodState =
  | ({ readonly state: "running" } & RunningPod)
  | { readonly state: "pending"; readonly why: string }
  | { readonly state: "hostNetwork" }
  | { readonly state: "terminated"; readonly why: string };

/** Reads whether a pod can be given a Vnic; and if not, why, in the cluster's own words. */
export function readPod(pod: PodObject): PodState {
  const { metadata, spec, status } = pod;
  if (spec?.hostNetwork) return { state: "hostNetwork" };
  if (status?.phase === "Succeeded" || status?.phase === "Failed")
    return { state: "terminated", why: [`phase ${status.phase}`, status.reason].filter(Boolean).join(", ") };
  if (metadata?.deletionTimestamp) return { state: "terminated", why: "it is being deleted" };
  const containerId = runningContainer(status)?.containerID;
  if (spec?.nodeName && metadata?.uid && containerId)
    return { state: "running", uid: metadata.uid, node: spec.nodeName, containerId };
  return { state: "pending", why: pendingReason(pod) };
}

/**
 * Why the pod with that UID has terminated, in words; undefined while it hasn't. `pod` is what bears its name now. One that
 * is being deleted runs until its containers have ended.
 */
export function terminationOf(pod: PodObject | undefined, uid: string): string | undefined {
  if (!pod) return "it is gone";
  if (pod.metadata?.uid !== uid) return "its name belongs to another pod now";
  const { phase } = pod.status ?? {};
  return phase === "Succeeded" || phase === "Failed" ? `phase ${phase}` : undefined;
}

/** Whether that container runs; while it does, the pod's sandbox is the one that it was started in. */
export function runsContainer({ status }: PodObject, containerId: string): boolean {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.some(({ containerID, state }) => containerID === containerId && state?.running !== undefined);
}

function runningContainer(status: PodObject["status"]): ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find((container) => container.state?.running && container.containerID);
}

function pendingReason({ spec, status }: PodObject): string {
  const unscheduled = status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled) return [unscheduled.reason, unscheduled.message].filter(Boolean).join(": ");
  if (!spec?.nodeName) return "not scheduled yet";
  const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    (c) => c.state?.waiting,
  );
  if (!waiting) return `no container runs yet on node ${spec.nodeName}`;
  const { reason, message } = waiting.state?.waiting ?? {};
  return `container ${waiting.name}: ${[reason, message].filter(Boolean).join(": ")}`;
}
