/** What we read of a Pod (core/v1). */
export interface PodObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly creationTimestamp?: Date | string;
    readonly deletionTimestamp?: Date | string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
  readonly spec?: { readonly nodeName?: string; readonly hostNetwork?: boolean; readonly runtimeClassName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    /** When the kubelet took it up. */
    readonly startTime?: Date | string;
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

/** The kubelet's marks on the API object that stands for a static pod: that it is one, and the static pod's own UID. */
const mirrorPod = "kubernetes.io/config.mirror";
const staticPodHash = "kubernetes.io/config.hash";

/** A pod that can be given a Vnic now. */
export interface RunningPod {
  readonly uid: string;
  readonly node: string;
  /**
   * `<runtime>://<64 hex digits>` of any container, of a running one if one runs; leads the node side to the pod's sandbox. An
   * init container is one, too: it may wait for its Vnic.
   */
  readonly containerId: string;
  /** The UID by which the runtime knows a static pod. */
  readonly runtimeUid?: string;
  readonly runtimeClass?: string;
}

export type PodState =
  | ({ readonly state: "running" } & RunningPod)
  | { readonly state: "pending"; readonly why: string }
  | { readonly state: "hostNetwork" }
  | {
      readonly state: "terminated";
      readonly why: string;
      /** Its controller makes another one of the same name. */
      readonly isReplaced?: true;
    };

/** The pod as the node side is told of it. */
export function podForNode(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { uid, containerId, runtimeUid }: RunningPod,
) {
  return { namespace, name, uid, containerId, ...(runtimeUid === undefined ? {} : { runtimeUid }) };
}

/** Reads whether a pod can be given a Vnic; and if not, why, in the cluster's own words. */
export function readPod(pod: PodObject): PodState {
  const { metadata, spec, status } = pod;
  if (spec?.hostNetwork) return { state: "hostNetwork" };
  if (status?.phase === "Succeeded" || status?.phase === "Failed")
    return terminated(pod, [`phase ${status.phase}`, status.reason].filter(Boolean).join(", "));
  if (metadata?.deletionTimestamp) return terminated(pod, "it is being deleted");
  const containerId = anyContainer(status)?.containerID;
  const runtimeUid = metadata?.annotations?.[staticPodHash];
  const runtimeClass = spec?.runtimeClassName;
  if (spec?.nodeName && metadata?.uid && containerId)
    return {
      state: "running",
      uid: metadata.uid,
      node: spec.nodeName,
      containerId,
      ...(runtimeUid === undefined || metadata.annotations?.[mirrorPod] === undefined ? {} : { runtimeUid }),
      ...(runtimeClass === undefined ? {} : { runtimeClass }),
    };
  return { state: "pending", why: pendingReason(pod) };
}

/** Controllers of Kubernetes whose next pod has another name. A StatefulSet's, or an operator's, has mostly the same. */
const renaming = ["ReplicaSet", "ReplicationController", "DaemonSet", "Job"];

function terminated({ metadata }: PodObject, why: string): PodState {
  const controller = metadata?.ownerReferences?.find(({ controller }) => controller);
  const isReplaced = controller !== undefined && !renaming.includes(controller.kind);
  return { state: "terminated", why, ...(isReplaced ? { isReplaced } : {}) };
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

/** Whether the pod's containers have all ended, and that one is the last of them: its sandbox goes on until another is made. */
export function endedWith({ status }: PodObject, containerId: string): boolean {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return !all.some(({ state }) => state?.running) && all.some(({ containerID }) => containerID === containerId);
}

/** One that runs; of a pod whose containers have all crashed the last of them, as its sandbox goes on while they are made anew. */
function anyContainer(status: PodObject["status"]): ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const made = all.filter(({ containerID }) => containerID);
  return made.find(({ state }) => state?.running) ?? (status?.phase === "Running" ? made[0] : undefined);
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
