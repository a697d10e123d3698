import { omitUndefined } from "../schema/known.ts";

/** The fields of a Pod (core/v1) that we read. */
export interface PodObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
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
  readonly spec?: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly runtimeClassName?: string;
    readonly securityContext?: object & { readonly sysctls?: readonly Sysctl[] };
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    /** When the kubelet acknowledged the pod. */
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

/** A kernel setting of a pod's namespaces (core/v1 Sysctl). */
export interface Sysctl {
  readonly name: string;
  readonly value: string;
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

/** The kubelet's annotations on the mirror pod of a static pod: the mark itself, and the static pod's UID. */
export const mirrorPod = "kubernetes.io/config.mirror";
export const staticPodHash = "kubernetes.io/config.hash";

/** A pod that can get a Vnic now. */
export interface RunningPod {
  readonly uid: string;
  readonly node: string;
  /**
   * The `<runtime>://<64 hex digits>` ID of a container, a running one if there is one, by which the node side finds
   * the pod's sandbox. It may be an init container, which may wait for its Vnic.
   */
  readonly containerId: string;
  /** The UID under which the runtime knows a static pod. */
  readonly runtimeUid?: string;
  readonly runtimeClass?: string;
  /** Whether its spec says that it forwards IPv4 packets. */
  readonly forwards?: true;
}

export type PodState =
  | ({ readonly state: "running" } & RunningPod)
  | { readonly state: "pending"; readonly why: string }
  | { readonly state: "hostNetwork" }
  | {
      readonly state: "terminated";
      readonly why: string;
      /** Whether the pod's controller will make another pod of the same name. */
      readonly isReplaced?: true;
    };

/** The pod as it is sent to the node side. */
export function podForNode(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { uid, containerId, runtimeUid, forwards }: RunningPod,
) {
  return { namespace, name, uid, containerId, ...omitUndefined({ runtimeUid, forwards }) };
}

/** Whether that setting makes all links of a pod forward IPv4 packets. Its name may have slashes instead of dots. */
export function isForwarding({ name, value }: Sysctl): boolean {
  const forwarding = ["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv4.conf.default.forwarding"];
  return value === "1" && forwarding.includes(name.replaceAll("/", "."));
}

/** Whether a pod can get a Vnic, or else why not, with the cluster's own reason. */
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
      ...(spec.securityContext?.sysctls?.some(isForwarding) ? { forwards: true as const } : {}),
    };
  return { state: "pending", why: pendingReason(pod) };
}

/** Kubernetes' controllers whose replacement pods get new names. StatefulSets, and most operators, reuse the name. */
const renaming = ["ReplicaSet", "ReplicationController", "DaemonSet", "Job"];

function terminated({ metadata }: PodObject, why: string): PodState {
  const controller = metadata?.ownerReferences?.find(({ controller }) => controller);
  const isReplaced = controller !== undefined && !renaming.includes(controller.kind);
  return { state: "terminated", why, ...(isReplaced ? { isReplaced } : {}) };
}

/**
 * Why the pod with that UID has terminated; undefined while it hasn't. `pod` is the pod that has its name now. A pod
 * that is being deleted runs until its containers have ended.
 */
export function terminationOf(pod: PodObject | undefined, uid: string): string | undefined {
  if (!pod) return "it is gone";
  if (pod.metadata?.uid !== uid) return "its name belongs to another pod now";
  const { phase } = pod.status ?? {};
  return phase === "Succeeded" || phase === "Failed" ? `phase ${phase}` : undefined;
}

/**
 * Whether that container is running. While it is running, the pod keeps the sandbox in which the container was started.
 */
export function runsContainer({ status }: PodObject, containerId: string): boolean {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.some(({ containerID, state }) => containerID === containerId && state?.running !== undefined);
}

/**
 * Whether no container of the pod is running any more, and its status still has the container with that ID. The pod
 * keeps the sandbox until another container is started.
 */
export function endedWith({ status }: PodObject, containerId: string): boolean {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return !all.some(({ state }) => state?.running) && all.some(({ containerID }) => containerID === containerId);
}

/** A running container, or one of those that have crashed: the sandbox stays while they are restarted. */
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
