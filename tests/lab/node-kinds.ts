import { labNumber, nodes, type Node } from "./layout.ts";

/** How a worker node of a distribution is laid out. */
export interface NodeKind {
  readonly name: "stock" | "k3s";
  /** Name of the layout that a node of this kind is found to have. */
  readonly layout: string;
  /** containerd's state directory, and the one for what outlives a reboot. */
  readonly state: string;
  readonly root: string;
  /** Suffix of the version that the kubelet reports. */
  readonly versionSuffix: string;
}

const stock: NodeKind = {
  name: "stock",
  layout: "containerd",
  state: "/run/containerd",
  root: "/var/lib/containerd",
  versionSuffix: "",
};

/** As k3s lays its containerd out; RKE2, k3d and Harvester have it so, too. */
const k3s: NodeKind = {
  name: "k3s",
  layout: "k3s",
  state: "/run/k3s/containerd",
  root: "/var/lib/rancher/k3s/agent/containerd",
  versionSuffix: "+k3s1",
};

const kinds = [stock, k3s, stock];

/** The kinds go round by the lab's number, so that labs side by side run the same test on nodes of different kinds. */
export function kindOf(node: Node): NodeKind {
  const kind = kinds[(nodes.indexOf(node) + labNumber) % kinds.length];
  if (kind === undefined) throw new Error(`${node} is not a node of the lab`);
  return kind;
}

/** Where the node's container runtime listens. */
export const socketOf = (node: Node): string => `${kindOf(node).state}/containerd.sock`;

/** A command of `ctr` for what the node's kubelet made. */
export function ctr(node: Node, ...words: readonly string[]): string[] {
  return ["ctr", `--address=${socketOf(node)}`, "--namespace=k8s.io", ...words];
}
