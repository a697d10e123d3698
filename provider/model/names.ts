import { createHash } from "node:crypto";

/** API group of our records, and prefix of our labels, annotations and finalizer. */
export const group = "pulumi-vnic.dev";
export const version = "v1alpha1";
export const apiVersion = `${group}/${version}`;

/** Where the injection Jobs run; Pod Security level `privileged`, nobody else's pods belong there. */
export const systemNamespace = "vnic-system";
export const providerServiceAccount = "vnic-provider";
export const injectorServiceAccount = "vnic-injector";
/** Name of the node agent: its service account and its DaemonSet. */
export const agentName = "vnic-agent";
/** The value of label `component` of the node agent's pods. */
export const agentComponent = "node-agent";
/** Name of the reconciler: its service account, its Deployment, and the Lease by which one replica leads. */
export const reconcilerName = "vnic-reconciler";

/** The verb on `vnicnetworks` that lets somebody write Vnics on networks that no VnicNetwork describes. */
export const inlineVerb = "use-inline";
/** The ClusterRole that has it, and nothing else; bound to nobody. */
export const inlineRole = "vnic-use-inline";

/** Field manager of the Vnics of VnicSets, and of the sets' status. */
export const setFieldManager = "pulumi-vnic-set";

export const fieldManager = "pulumi-vnic";

/**
 * The field manager of one owner's records. One per owner, so that the API server itself refuses a second owner's apply:
 * the owner's annotation then always conflicts, however close together the two come.
 */
export function fieldManagerOf(owner: string | undefined): string {
  return owner === undefined ? fieldManager : `${fieldManager}-${shortHash(owner, 8)}`;
}

/** Finalizer of a VnicNetwork that Vnics are on. */
export const networkFinalizer = `${group}/in-use`;

export const finalizer = `${group}/eject`;

/** Holds a VnicSet until its Vnics are gone. */
export const setFinalizer = `${group}/vnic-set`;

export const annotations = {
  /** Pulumi URN of the resource that declared the Vnic. */
  owner: `${group}/owner`,
  /** The node on which the Vnic is, or is about to be, realised. */
  node: `${group}/node`,
  /** The UID of the pod that holds it, or is about to. */
  podUid: `${group}/pod-uid`,
  /** The addresses and MACs that the Vnic may hold. */
  held: `${group}/held`,
  /** The claim: which driver works on the Vnic now. */
  claim: `${group}/claim`,
  /** Layout of the container runtime: on a Node for that node, on our own namespace for all nodes. */
  runtimeLayout: `${group}/runtime-layout`,
} as const;

export const labels = {
  component: "app.kubernetes.io/component",
  managedBy: "app.kubernetes.io/managed-by",
  node: `${group}/node`,
  /** On a Vnic: hash of the name of its VnicNetwork. */
  network: `${group}/network`,
  /** On records of versions without VnicAddress: hash of network segment and MAC. */
  mac: `${group}/mac`,
  /** On a Vnic: name of the VnicSet that made it. */
  set: `${group}/set`,
  /** On records of versions without VnicAddress: prefix of one label per address. */
  address: `address.${group}/`,
} as const;

/** The name of a record: its namespace and name in the cluster. */
export interface VnicRef {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`: the Pulumi id of a Vnic; enough by itself to find the record. */
export function vnicId(ref: VnicRef): string {
  return `${ref.namespace}/${ref.name}`;
}

export function parseVnicId(id: string): VnicRef {
  const [namespace, name, ...rest] = id.split("/");
  if (!namespace || !name || rest.length > 0) throw new Error(`id ${JSON.stringify(id)} is not "<namespace>/<name>"`);
  return { namespace, name };
}

/**
 * The MAC of a Vnic that was given none: locally administered, unicast, and the same on every pod and node,
 * because only (namespace, name) go into it (IEEE 802, the U/L and I/G bits of the first octet).
 */
export function deriveMac(ref: VnicRef): string {
  const bytes = digest(`mac:${vnicId(ref)}`).subarray(0, 6);
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/**
 * The name in the pod of a Vnic that was given none: `net1` … `net999999`, by hash of (namespace, name).
 * A counter would need to know the pod's other Vnics, which a plan made without I/O can't.
 */
export function deriveInterfaceName(ref: VnicRef): string {
  return `net${1 + (digest(`interface:${vnicId(ref)}`).readUInt32BE(0) % 999999)}`;
}

/**
 * DHCP's client identifier in hexadecimal (option 61, in the form of RFC 4361: type 255, an IAID, a DUID of type UUID): by it
 * a server knows the Vnic, on whatever pod and node it is.
 */
export function dhcpClientIdentifier(ref: VnicRef): string {
  return `ff${shortHash(`dhcp:iaid:${vnicId(ref)}`, 8)}0004${shortHash(`dhcp:${vnicId(ref)}`, 32)}`;
}

/** The link's name between its creation on the node and its arrival in the pod: 14 bytes of the kernel's 15. */
export function transitLinkName(uid: string): string {
  return `vn${shortHash(uid, 12)}`;
}

/** The node's end of a NIC in a bridge; it goes with the pod's end. */
export function hostSideName(uid: string): string {
  return `vh${shortHash(uid, 12)}`;
}

/** A tagged link of a parent, made for the Vnics that need it. */
export function vlanLinkName(parent: string, vlan: number): string {
  return `vl${shortHash(`${parent} ${vlan}`, 12)}`;
}

/** Marks a tagged link as made by us, and so as ours to remove. */
export const vlanAlias = `${group}/vlan`;

/** The numbers of a Vnic's own routing tables in its pod, from 2^30 on: for replies, and for the rest of the pod's traffic. */
export function routingTable(uid: string): { replies: number; rest: number } {
  const replies = 2 ** 30 + 2 * (digest(`table:${uid}`).readUInt32BE(0) % 2 ** 29);
  return { replies, rest: replies + 1 };
}

/** The place of a Vnic's default route among its pod's rules: this one and the next, before the kernel's 32766. */
export function rulePriority(uid: string): number {
  return 31000 + 2 * (digest(`rule:${uid}`).readUInt32BE(0) % 800);
}

/** The alias that marks a link as ours, wherever it is (`IFLA_IFALIAS`; survives moves between namespaces). */
export function linkAlias(uid: string): string {
  return `${group}/${uid}`;
}

/** The label value by which the Vnics on a VnicNetwork are found, whose name may be longer than a label's. */
export function networkLabel(name: string): string {
  return shortHash(`network ${name}`, 16);
}

/** A name for one session's Job: the node by hash (node names may have 253 characters), the opener by its tag. */
export function sessionJobName(node: string, tag: string): string {
  return `vnic-session-${shortHash(node, 8)}-${tag}`;
}

/** The name of the Vnic that a VnicSet makes for a pod: the pod's name may be too long for it. */
export function setMemberName(set: string, pod: string): string {
  return `${set}-${shortHash(pod, 10)}`;
}

/** A number that is the same for the same text everywhere, below 2^64. */
export function hashNumber(text: string): bigint {
  return digest(text).readBigUInt64BE(0);
}

/** The name of an event; the same for the same `key`, so that the API server refuses to hear it twice. */
export function eventName(about: string, key: string): string {
  return `${about.slice(0, 230)}.${shortHash(key, 16)}`;
}

function shortHash(text: string, length: number): string {
  return digest(text).toString("hex").slice(0, length);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
