import { quote } from "../../base/quote.ts";
import { VnicError } from "../../base/errors.ts";

/** Where a container runtime keeps the files on a node that link pods to network namespaces. */
export interface RuntimeLayout {
  /** The layout's name in the table below, or `<runtime>:<state directory>`. */
  readonly name: string;
  /** The scheme of container IDs in a pod's status. */
  readonly runtime: string;
  /**
   * The directory on the node that a session mounts. The runtime creates it when it starts, but may create the
   * directories below only when the node runs its first container.
   */
  readonly mounted: string;
  /** The directory with one subdirectory per container, each with the `config.json` that the runtime wrote. */
  readonly bundles: string;
  /** The path of `config.json` in a container's directory. */
  readonly config: string;
  /** Directories where network namespaces of pods may be bind-mounted. */
  readonly netnsDirectories: readonly string[];
  readonly annotations: {
    readonly sandboxId: string;
    readonly podUid: string;
    readonly podNamespace: string;
    readonly podName: string;
    readonly type: string;
  };
}

/** Where ip-netns(8), CRI-O, and containerd by default bind-mount network namespaces. */
export const netnsDirectory = "/run/netns";
export const stateDirectory = "/var/lib/pulumi-vnic";

/** Where libcni caches results, unless the runtime changes its `cacheDir`. */
export const cniResultsDirectory = "/var/lib/cni/results";

/** Runtimes, with the names of their files below the state directory. */
const runtimes: Readonly<Record<string, (name: string, state: string) => RuntimeLayout>> = {
  containerd: (name, state) => ({
    name,
    runtime: "containerd",
    mounted: `${state}/io.containerd.runtime.v2.task`,
    bundles: `${state}/io.containerd.runtime.v2.task/k8s.io`,
    config: "config.json",
    // The second one is for containerd's option `netns_mounts_under_state_dir`.
    netnsDirectories: [netnsDirectory, `${state}/io.containerd.grpc.v1.cri/netns`],
    annotations: {
      sandboxId: "io.kubernetes.cri.sandbox-id",
      podUid: "io.kubernetes.cri.sandbox-uid",
      podNamespace: "io.kubernetes.cri.sandbox-namespace",
      podName: "io.kubernetes.cri.sandbox-name",
      type: "io.kubernetes.cri.container-type",
    },
  }),
  "cri-o": (name, state) => ({
    name,
    runtime: "cri-o",
    mounted: `${state}/overlay-containers`,
    bundles: `${state}/overlay-containers`,
    config: "userdata/config.json",
    netnsDirectories: [netnsDirectory],
    annotations: {
      sandboxId: "io.kubernetes.cri-o.SandboxID",
      podUid: "io.kubernetes.pod.uid",
      podNamespace: "io.kubernetes.pod.namespace",
      podName: "io.kubernetes.pod.name",
      type: "io.kubernetes.cri-o.ContainerType",
    },
  }),
};

/**
 * Name, runtime and state directory of each known layout. The first one of a runtime is that of its packages; for
 * containerd it also fits kubeadm, kind, cloud providers' nodes, Talos and Bottlerocket. `k3s` also fits RKE2, k3d and
 * Harvester.
 */
const table: readonly (readonly [name: string, runtime: string, state: string])[] = [
  ["containerd", "containerd", "/run/containerd"],
  ["k3s", "containerd", "/run/k3s/containerd"],
  ["k0s", "containerd", "/run/k0s/containerd"],
  ["microk8s", "containerd", "/var/snap/microk8s/common/run/containerd"],
  ["cri-o", "cri-o", "/run/containers/storage"],
];

export const knownLayouts: readonly RuntimeLayout[] = table.map(([name, runtime, state]) =>
  layoutBelow(name, runtime, state),
);

function layoutBelow(name: string, runtime: string, state: string): RuntimeLayout {
  const make = runtimes[runtime];
  if (make) return make(name, state);
  throw new VnicError(
    "refused",
    `container runtime ${runtime} is not supported; supported are ${Object.keys(runtimes).join(", ")}`,
  );
}

/** An absolute path in which nothing has to be resolved or escaped. */
const statePath = /^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;

/** Parses a layout that an administrator has set: a known name, or `<runtime>:<state directory>`. */
export function parseLayout(text: string): RuntimeLayout {
  const known = knownLayouts.find(({ name }) => name === text);
  if (known) return known;
  const at = text.indexOf(":");
  const [runtime, state] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && Object.hasOwn(runtimes, runtime) && statePath.test(state)) return layoutBelow(text, runtime, state);
  const names = knownLayouts.map(({ name }) => name).join(", ");
  throw new VnicError(
    "invalid",
    `${quote(text)} is not a runtime layout; give one of ${names}, or <runtime>:<state directory>, such as "containerd:/data/containerd"`,
  );
}

/** Whether a path is inside a directory. */
export function isIn(directory: string, path: string): boolean {
  return path.startsWith(`${directory}/`) && !path.includes("/../");
}
