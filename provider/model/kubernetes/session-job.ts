import { injectorServiceAccount, labels, systemNamespace } from "../names.ts";
import { cniResultsDirectory, type RuntimeLayout, stateDirectory } from "./runtime-layout.ts";

export const sessionContainer = "session";

/** The labels of a session's Job and of its pod. */
export const sessionLabels = {
  "app.kubernetes.io/name": "pulumi-vnic",
  [labels.component]: "injection-session",
  [labels.managedBy]: "pulumi-vnic",
} as const;

/** The security context of our containers on a node; `more` are additional capabilities. */
export function nodeSecurity(...more: readonly string[]) {
  return {
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsUser: 0,
    seccompProfile: { type: "RuntimeDefault" },
    // The runtimes' default profile forbids all mounts, including the remount of our own /proc/sys.
    appArmorProfile: { type: "Unconfined" },
    // With SELinux, a container couldn't read the runtime's files otherwise. Without it, this has no effect.
    seLinuxOptions: { type: "spc_t" },
    capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_ADMIN", "NET_RAW", ...more] },
  } as const;
}

/**
 * Volumes and mounts for directories with network namespaces. Namespaces that are mounted after the container's start
 * have to appear in it.
 */
export function netnsVolumes(directories: readonly string[]) {
  const named = directories.map((path, index) => ({ name: index === 0 ? "netns" : `netns-${index}`, path }));
  return {
    volumes: named.map(({ name, path }) => ({ name, hostPath: { path, type: "DirectoryOrCreate" as const } })),
    mounts: named.map(({ name, path }) => ({
      name,
      mountPath: path,
      readOnly: true as const,
      mountPropagation: "HostToContainer" as const,
    })),
  };
}

export interface SessionJobOptions {
  readonly name: string;
  readonly node: string;
  /** The layout of the node's container runtime. */
  readonly layout: RuntimeLayout;
  readonly image: string;
  /** The session ends after being idle for this many seconds, in case its driver vanished silently. */
  readonly idleSeconds: number;
}

/**
 * The Job of one injection session, pinned to its node. It sets `nodeName` instead of an affinity, because the Vnic
 * has to be made on the pod's node even if that is cordoned or tainted, and because it saves the scheduler's time.
 * With `backoffLimit` 0 a kubelet that rejects the pod can't cause a storm of retries. There is no service account
 * token, whose mount costs the kubelet about 290 ms: the node side never calls the API server. No hostPath contains
 * the runtime's socket.
 */
export function sessionJob({ name, node, layout, image, idleSeconds }: SessionJobOptions) {
  const netns = netnsVolumes(layout.netnsDirectories);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: systemNamespace, labels: sessionLabels, annotations: { [labels.node]: node } },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: 10,
      template: {
        metadata: { labels: sessionLabels },
        spec: {
          nodeName: node,
          nodeSelector: { "kubernetes.io/os": "linux" },
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
                { name: "VNIC_RUNTIME", value: layout.name },
                { name: "VNIC_IDLE_SECONDS", value: String(idleSeconds) },
              ],
              resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "256Mi" } },
              securityContext: nodeSecurity(),
              volumeMounts: [
                { name: "bundles", mountPath: layout.mounted, readOnly: true },
                ...netns.mounts,
                { name: "cni", mountPath: cniResultsDirectory, readOnly: true },
                { name: "state", mountPath: stateDirectory },
              ],
            },
          ],
          volumes: [
            { name: "bundles", hostPath: { path: layout.mounted, type: "Directory" } },
            ...netns.volumes,
            { name: "cni", hostPath: { path: cniResultsDirectory, type: "DirectoryOrCreate" } },
            { name: "state", hostPath: { path: stateDirectory, type: "DirectoryOrCreate" } },
          ],
        },
      },
    },
  } as const;
}

export type SessionJob = ReturnType<typeof sessionJob>;
