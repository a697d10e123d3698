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
