import { labNumber, nodes, type Node } from "./layout.ts";

/** How a worker node of a distribution is laid out. */
export interface NodeKind {
  readonly name: "kubeadm" | "k3s" | "CRI-O";
  /** Name of the layout that a node of this kind is found to have. */
  readonly layout: string;
  /** Program of its container runtime. */
  readonly runtime: "containerd" | "crio";
  readonly socket: string;
  /** containerd's state directory, and the one for what outlives a reboot. */
  readonly state: string;
  readonly root: string;
  /** Suffix of the version that the kubelet reports. */
  readonly versionSuffix: string;
}

const kubeadm: NodeKind = {
  name: "kubeadm",
  layout: "containerd",
  runtime: "containerd",
  socket: "/run/containerd/containerd.sock",
  state: "/run/containerd",
  root: "/var/lib/containerd",
  versionSuffix: "",
};

/** As k3s lays its containerd out; RKE2, k3d and Harvester have it so, too. */
const k3s: NodeKind = {
  name: "k3s",
  layout: "k3s",
  runtime: "containerd",
  socket: "/run/k3s/containerd/containerd.sock",
  state: "/run/k3s/containerd",
  root: "/var/lib/rancher/k3s/agent/containerd",
  versionSuffix: "+k3s1",
};

const crio: NodeKind = {
  name: "CRI-O",
  layout: "cri-o",
  runtime: "crio",
  socket: "/run/crio/crio.sock",
  state: "/run/containers/storage",
  root: "/var/lib/containers/storage",
  versionSuffix: "",
};

const kinds = [kubeadm, k3s, crio];

/** The kinds go round by the lab's number, so that labs side by side run the same test on nodes of different kinds. */
export function kindOf(node: Node): NodeKind {
  const kind = kinds[(nodes.indexOf(node) + labNumber) % kinds.length];
  if (kind === undefined) throw new Error(`${node} is not a node of the lab`);
  return kind;
}

/** A command of `ctr` for what the node's kubelet made; its runtime is containerd. */
export function ctr(node: Node, ...words: readonly string[]): string[] {
  return ["ctr", `--address=${kindOf(node).socket}`, "--namespace=k8s.io", ...words];
}

/** skopeo's name for an image in the node's store; its runtime is CRI-O. */
export function stored(node: Node, reference: string): string {
  const { root, state } = kindOf(node);
  return `containers-storage:[overlay@${root}+${state}]${reference}`;
}
