import type { ContainerStatus, PodObject } from "./pod.ts";
import { injectorServiceAccount, labels, systemNamespace } from "../names.ts";

/** Where a container runtime keeps, on the node, what tells which network namespace belongs to which pod. */
export interface RuntimeLayout {
  /** One directory per container, each with the `config.json` that the runtime itself wrote. */
  readonly bundles: string;
  /** `config.json` is this, below a container's directory. */
  readonly config: string;
  readonly annotations: { readonly sandboxId: string; readonly podUid: string; readonly type: string };
}

/** By the scheme of a container ID in a pod's status. */
export const runtimeLayouts: Readonly<Record<string, RuntimeLayout>> = {
  containerd: {
    bundles: "/run/containerd/io.containerd.runtime.v2.task/k8s.io",
    config: "config.json",
    annotations: {
      sandboxId: "io.kubernetes.cri.sandbox-id",
      podUid: "io.kubernetes.cri.sandbox-uid",
      type: "io.kubernetes.cri.container-type",
    },
  },
  "cri-o": {
    bundles: "/run/containers/storage/overlay-containers",
    config: "userdata/config.json",
    annotations: {
      sandboxId: "io.kubernetes.cri-o.SandboxID",
      podUid: "io.kubernetes.pod.uid",
      type: "io.kubernetes.cri-o.ContainerType",
    },
  },
};

export const netnsDirectory = "/run/netns";
export const stateDirectory = "/var/lib/pulumi-vnic";

export const sessionContainer = "session";

/** What a container of ours on a node is allowed; `more` are further capabilities. */
export function nodeSecurity(...more: readonly string[]) {
  return {
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsUser: 0,
    seccompProfile: { type: "RuntimeDefault" },
    // The runtimes' own profile forbids all mounting, also the remount of our own /proc/sys.
    appArmorProfile: { type: "Unconfined" },
    capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_ADMIN", "NET_RAW", ...more] },
  } as const;
}

export interface SessionJobOptions {
  readonly name: string;
  readonly node: string;
  /** Scheme of the container IDs on that node. */
  readonly runtime: string;
  readonly image: string;
  /** The session ends by itself when it has been idle this long, in seconds: for drivers that vanished silently. */
  readonly idleSeconds: number;
}

/**
 * The Job of one injection session, pinned to its node.
 *
 * `nodeName` rather than affinity: the Vnic must go where the pod is, cordoned or tainted as that node may be, and it
 * saves the scheduler's turn; a kubelet that rejects the pod can't cause a storm, as `backoffLimit` is 0.
 * No service account token: mounting one costs the kubelet about 290 ms, and the node side never calls the API server.
 * The three hostPaths are narrow on purpose: the runtime's socket lies outside of each.
 */
export function sessionJob({ name, node, runtime, image, idleSeconds }: SessionJobOptions) {
  const layout = runtimeLayouts[runtime];
  if (!layout)
    throw new Error(`container runtime ${runtime} is not known; known are ${Object.keys(runtimeLayouts).join(", ")}`);
  const objectLabels = {
    "app.kubernetes.io/name": "pulumi-vnic",
    [labels.component]: "injection-session",
    [labels.managedBy]: "pulumi-vnic",
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: systemNamespace, labels: objectLabels, annotations: { [labels.node]: node } },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: 10,
      template: {
        metadata: { labels: objectLabels },
        spec: {
          nodeName: node,
          tolerations: [{ operator: "Exists" }],
          restartPolicy: "Never",
          serviceAccountName: injectorServiceAccount,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          hostNetwork: true,
          dnsPolicy: "Default",
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: sessionContainer,
              image,
              imagePullPolicy: "IfNotPresent",
              stdin: true,
              stdinOnce: true,
              env: [
                { name: "VNIC_RUNTIME", value: runtime },
                { name: "VNIC_IDLE_SECONDS", value: String(idleSeconds) },
              ],
              resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "256Mi" } },
              securityContext: nodeSecurity(),
              volumeMounts: [
                { name: "bundles", mountPath: layout.bundles, readOnly: true },
                // Namespaces made after the session began must appear in it.
                { name: "netns", mountPath: netnsDirectory, readOnly: true, mountPropagation: "HostToContainer" },
                { name: "state", mountPath: stateDirectory },
              ],
            },
          ],
          volumes: [
            { name: "bundles", hostPath: { path: layout.bundles, type: "Directory" } },
            { name: "netns", hostPath: { path: netnsDirectory, type: "DirectoryOrCreate" } },
            { name: "state", hostPath: { path: stateDirectory, type: "DirectoryOrCreate" } },
          ],
        },
      },
    },
  } as const;
}

export type SessionJob = ReturnType<typeof sessionJob>;

/** How the pod of a session Job fares: on its way, ready to be attached to, or never going to be. */
export type SessionPodState =
  | { readonly state: "starting"; readonly why: string }
  | { readonly state: "running" }
  | { readonly state: "stuck"; readonly why: string };

/** Waiting reasons that don't heal within a deadline; the kubelet's message beside them says why. */
const stuckReasons = new Set([
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "ImageInspectError",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

/** Of a first failed pull: what another pull a few seconds later won't heal, as a busy registry would. */
const hopelessPull = /not found|denied|unauthorized|forbidden|connection refused|no such host|invalid/i;

function isStuck({ reason = "", message = "" }: { reason?: string; message?: string }): boolean {
  return stuckReasons.has(reason) || (reason === "ErrImagePull" && hopelessPull.test(message));
}

export function readSessionPod(pod: PodObject): SessionPodState {
  const { phase, reason, message, containerStatuses } = pod.status ?? {};
  if (phase === "Failed" || phase === "Succeeded")
    return {
      state: "stuck",
      why: [`phase ${phase}`, reason, message, terminatedWords(containerStatuses?.[0])].filter(Boolean).join(": "),
    };
  const container = containerStatuses?.find(({ name }) => name === sessionContainer);
  if (container?.state?.running) return { state: "running" };
  const waiting = container?.state?.waiting;
  if (waiting && isStuck(waiting))
    return { state: "stuck", why: [waiting.reason, waiting.message].filter(Boolean).join(": ") };
  return { state: "starting", why: waiting?.reason ?? phase ?? "no status yet" };
}

function terminatedWords(container: ContainerStatus | undefined): string | undefined {
  const terminated = container?.state?.terminated;
  if (!terminated) return undefined;
  return [`exit code ${terminated.exitCode}`, terminated.reason, terminated.message].filter(Boolean).join(", ");
}
