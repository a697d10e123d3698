import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificate, privateKey, writeKubeconfig } from "./certificates.ts";
import { cgroupOf, makeCgroup } from "./cgroups.ts";
import { startDaemon } from "./daemon.ts";
import { cluster, netnsPath, nodeDir, stateDir, type Node } from "./layout.ts";
import { pauseImage } from "./images.ts";
import { prepareCrio } from "./cri-o.ts";
import { kindOf } from "./node-kinds.ts";

/** The folders of a worker node's programs. */
export interface NodePrograms {
  readonly kubelet: string;
  /** The container runtime's folder, unless it is on PATH. */
  readonly runtime?: string;
}

/** Starts a worker node: its namespaces, its container runtime and its kubelet. */
export async function startNode(node: Node, programs: NodePrograms): Promise<void> {
  const dir = nodeDir(node);
  await mkdir(join(dir, "cni"), { recursive: true });
  await mkdir(staticPodsOf(node), { recursive: true });
  await makeCgroup(node);
  await writeFile(join(dir, "kubelet.json"), JSON.stringify(kubeletConfig(node), undefined, 2));
  await writeFile(join(dir, "cni", "10-cluster.conflist"), JSON.stringify(cniConfig(node), undefined, 2));
  await writeKubeconfig(join(dir, "kubelet.kubeconfig"), node);
  const runtime = await prepareRuntime(node);
  const own = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"];
  const init = ["sh", join(import.meta.dirname, "node-init"), node, cluster.node(node), cgroupOf(node), stateDir, dir];
  const folders = [programs.kubelet, programs.runtime ?? programs.kubelet];
  startDaemon(join(dir, "init.log"), [`--net=${netnsPath(node)}`], [...own, ...init, ...folders, ...runtime]);
}

/** Folder of the static pod manifests of a node. */
export const staticPodsOf = (node: Node): string => join(nodeDir(node), "static-pods");

/** Writes the runtime's configuration, and returns the runtime's command line. Its folder is /run/runtime. */
async function prepareRuntime(node: Node): Promise<string[]> {
  if (kindOf(node).runtime === "crio") return prepareCrio(node, "/run/runtime");
  const file = join(nodeDir(node), "containerd.toml");
  await writeFile(file, containerdConfig(node));
  return ["containerd", "--config", file];
}

function containerdConfig(node: Node): string {
  const { state, root, socket } = kindOf(node);
  return `version = 2
state = "${state}"
root = "${root}"
# opt would make /opt/containerd on the machine; the others need kernels or tools a lab has not.
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "${socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # The machine may lack CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${join(nodeDir(node), "cni")}"
`;
}

function cniConfig(node: Node): object {
  return {
    cniVersion: "1.0.0",
    name: "cluster",
    plugins: [
      {
        type: "bridge",
        bridge: "pods",
        isGateway: true,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: cluster.podsOf(node) }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
}

function kubeletConfig(node: Node): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: cluster.node(node),
    containerRuntimeEndpoint: `unix://${kindOf(node).socket}`,
    volumePluginDir: "/var/lib/kubelet/volume-plugins", // the default is outside of the node's own folders
    staticPodPath: staticPodsOf(node),
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroupOf(node),
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // No DNS server has this address: the setting only keeps the kubelet from warning about every pod.
    clusterDNS: ["10.96.0.10"],
    tlsCertFile: certificate(node),
    tlsPrivateKeyFile: privateKey(node),
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificate("ca") },
    },
    authorization: { mode: "Webhook" },
    // The disk of a developer's machine may be full. Don't evict pods then, or delete images that no registry has.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      "memory.available": "0%",
      "nodefs.available": "0%",
      "nodefs.inodesFree": "0%",
      "imagefs.available": "0%",
      "imagefs.inodesFree": "0%",
    },
  };
}
