import { injectorServiceAccount, labels, systemNamespace } from "../names.ts";
import { cniResultsDirectory, type RuntimeLayout, stateDirectory } from "./runtime-layout.ts";

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
    // Where SELinux is on, a container may else not read what the runtime has written. Elsewhere it has no effect.
    seLinuxOptions: { type: "spc_t" },
    capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_ADMIN", "NET_RAW", ...more] },
  } as const;
}

/** Volumes and mounts of directories with network namespaces; those made after the container was started must appear in it. */
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
  /** Layout of the node's container runtime. */
  readonly layout: RuntimeLayout;
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
 * The hostPaths are narrow on purpose: the runtime's socket lies outside of each.
 */
export function sessionJob({ name, node, layout, image, idleSeconds }: SessionJobOptions) {
  const netns = netnsVolumes(layout.netnsDirectories);
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
                { name: "bundles", mountPath: layout.bundles, readOnly: true },
                ...netns.mounts,
                { name: "cni", mountPath: cniResultsDirectory, readOnly: true },
                { name: "state", mountPath: stateDirectory },
              ],
            },
          ],
          volumes: [
            { name: "bundles", hostPath: { path: layout.bundles, type: "Directory" } },
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
