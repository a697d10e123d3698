import { readFileSync } from "node:fs";
import { join } from "node:path";
import { labNumber, nodes, stateDir, type Node } from "./layout.ts";

/** A kind of worker node: its files and programs are like those of a distribution. */
export interface NodeKind {
  readonly name: "kubeadm" | "k3s" | "CRI-O";
  /** Name of the layout that should be detected for such a node. */
  readonly layout: string;
  /** The node's container runtime. */
  readonly runtime: "containerd" | "crio";
  readonly socket: string;
  /** containerd's state directory, and its root directory for data that survives reboots. */
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

/** The layout of k3s, which RKE2, k3d and Harvester share. */
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

/** Where a lab that was started records its turn. */
export const turnFile = join(stateDir, "turn");

/**
 * By how many places the kinds are rotated, in addition to the lab's number: `PULUMI_VNIC_TURN`, or the turn of the
 * running lab, or a turn that changes each day (UTC), so that over the days each test meets each kind.
 */
export function turn(): number {
  return readTurn(process.env["PULUMI_VNIC_TURN"]) ?? readTurn(recordedTurn()) ?? daysSince1970() % kinds.length;
}

const daysSince1970 = (): number => Math.floor(Date.now() / 86_400_000);

function recordedTurn(): string | undefined {
  try {
    return readFileSync(turnFile, "utf8");
  } catch {
    return undefined;
  }
}

function readTurn(text = ""): number | undefined {
  if (text === "") return undefined;
  if (/^[0-2]$/.test(text)) return Number(text);
  throw new Error(`PULUMI_VNIC_TURN: ${JSON.stringify(text)} is not a turn; give 0, 1 or 2`);
}

/** Describes in words which node is of which kind. */
export function describeKinds(): string {
  return `${nodes.map((node) => `${node} ${kindOf(node).name}`).join(", ")} (PULUMI_VNIC_TURN=${turn()})`;
}

/**
 * The kind of a node. Kinds are rotated by the lab's number, so that concurrent labs run the same test on different kinds of
 * nodes.
 */
export function kindOf(node: Node): NodeKind {
  const kind = kinds[(nodes.indexOf(node) + labNumber + turn()) % kinds.length];
  if (kind === undefined) throw new Error(`${node} is not a node of the lab`);
  return kind;
}

/** A `ctr` command for the kubelet's containers on a node with containerd. */
export function ctr(node: Node, ...words: readonly string[]): string[] {
  return ["ctr", `--address=${kindOf(node).socket}`, "--namespace=k8s.io", ...words];
}

/** skopeo's name for an image in the store of a node with CRI-O. */
export function stored(node: Node, reference: string): string {
  const { root, state } = kindOf(node);
  return `containers-storage:[overlay@${root}+${state}]${reference}`;
}
