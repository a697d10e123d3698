import { createHash } from "node:crypto";
import { VnicError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";

/** API group of our records, and prefix of our labels, annotations and finalizers. */
export const group = "pulumi-vnic.dev";
export const version = "v1alpha1";
export const apiVersion = `${group}/${version}`;

/** Namespace of the injection Jobs. It has Pod Security level `privileged`, so no other pods belong there. */
export const systemNamespace = "vnic-system";
export const providerServiceAccount = "vnic-provider";
export const injectorServiceAccount = "vnic-injector";
/** Name of the node agent: its service account and its DaemonSet. */
export const agentName = "vnic-agent";
/** The value of the label `component` of the node agent's pods. */
export const agentComponent = "node-agent";
/** Name of the reconciler: of its service account, its Deployment, and its leader election Lease. */
export const reconcilerName = "vnic-reconciler";

/** The name of a service account of ours as a user of the API server. */
export function userOfAccount(account: string): string {
  return `system:serviceaccount:${systemNamespace}:${account}`;
}

/** The verb on `vnicnetworks` that allows a user to write Vnics on inline networks. */
export const inlineVerb = "use-inline";
/** The ClusterRole that grants only the verb `use-inline`; not bound to anybody. */
export const inlineRole = "vnic-use-inline";

/** Field manager of the Vnics of VnicSets, and of the status of VnicSets. */
export const setFieldManager = "pulumi-vnic-set";

export const fieldManager = "pulumi-vnic";

/**
 * The field manager of one owner's records. Each owner has its own, so that the API server rejects a second owner's
 * apply as a conflict on the owner annotation, even if both apply at the same time.
 */
export function fieldManagerOf(owner: string | undefined): string {
  return owner === undefined ? fieldManager : `${fieldManager}-${shortHash(owner, 8)}`;
}

/** Finalizer of a VnicNetwork that Vnics use. */
export const networkFinalizer = `${group}/in-use`;

export const finalizer = `${group}/eject`;

/** Finalizer of a VnicSet, which stays until its Vnics are gone. */
export const setFinalizer = `${group}/vnic-set`;

export const annotations = {
  /** Pulumi URN of the resource that declared the Vnic. */
  owner: `${group}/owner`,
  /** The node on which the Vnic is or will be realised. */
  node: `${group}/node`,
  /** The UID of the pod that has or will have the Vnic. */
  podUid: `${group}/pod-uid`,
  /** On a NetworkAttachmentDefinition: whether pods list its Vnics in their annotation network-status. */
  networkStatus: `${group}/network-status`,
  /** The addresses and MACs that the Vnic may hold. */
  held: `${group}/held`,
  /** The claim: which driver is working on the Vnic now. */
  claim: `${group}/claim`,
  /** The claim of the driver that created the record, which ends with the first status that has a result. */
  createdBy: `${group}/created-by`,
  /** Layout of the container runtime: on a Node for that node, on our own namespace for all nodes. */
  runtimeLayout: `${group}/runtime-layout`,
} as const;

export const labels = {
  component: "app.kubernetes.io/component",
  managedBy: "app.kubernetes.io/managed-by",
  node: `${group}/node`,
  /** On a Vnic: hash of its VnicNetwork's name. */
  network: `${group}/network`,
  /** On records of versions before VnicAddress: hash of network segment and MAC. */
  mac: `${group}/mac`,
  /** On a Vnic: name of the VnicSet that created it. */
  set: `${group}/set`,
  /** On the VnicAddress of a MAC: the namespace of its holder. */
  namespace: `${group}/namespace`,
  /** On the VnicAddress of a MAC: prefix of one label for each VnicNetwork that its holder is on. */
  member: `network.${group}/`,
  /** On records of versions before VnicAddress: prefix of one label per address. */
  address: `address.${group}/`,
} as const;

/** The namespace and name of a Vnic's record. */
export interface VnicRef {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`: the Pulumi ID of a Vnic, which is enough to find its record. */
export function vnicId(ref: VnicRef): string {
  return `${ref.namespace}/${ref.name}`;
}

/** Parses an ID, which a program or an edited state may give. Its parts become parts of requests' paths. */
export function parseVnicId(id: string): VnicRef {
  const [namespace = "", name = "", ...rest] = id.split("/");
  if (!isObjectName(namespace) || !isObjectName(name) || rest.length > 0)
    throw new VnicError("invalid", `id ${quote(id)} is not "<namespace>/<name>"`);
  return { namespace, name };
}

/** Whether a text may be the name of an object (RFC 1123). */
export function isObjectName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);
}

/**
 * The MAC of a Vnic that doesn't set one: locally administered, unicast (the U/L and I/G bits of the first octet in
 * IEEE 802), and the same on every pod and node, because it depends only on namespace and name.
 */
export function deriveMac(ref: VnicRef): string {
  const bytes = digest(`mac:${vnicId(ref)}`).subarray(0, 6);
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/**
 * The interface name of a Vnic that doesn't set one: `net1` … `net999999`, by a hash of namespace and name. A counter
 * would need the pod's other Vnics, which a plan without I/O can't know.
 */
export function deriveInterfaceName(ref: VnicRef): string {
  return `net${1 + (digest(`interface:${vnicId(ref)}`).readUInt32BE(0) % 999999)}`;
}

/**
 * The DHCP client identifier in hexadecimal (option 61, in the form of RFC 4361: type 255, an IAID, a DUID of type
 * UUID). It identifies the Vnic to a server independently of pod and node.
 */
export function dhcpClientIdentifier(ref: VnicRef): string {
  return `ff${shortHash(`dhcp:iaid:${vnicId(ref)}`, 8)}0004${shortHash(`dhcp:${vnicId(ref)}`, 32)}`;
}

/** The link's name between its creation on the node and its arrival in the pod: 14 of the kernel's 15 bytes. */
export function transitLinkName(uid: string): string {
  return `vn${shortHash(uid, 12)}`;
}

/** The node's end of a veth pair in mode bridge; it is removed together with the pod's end. */
export function hostSideName(uid: string): string {
  return `vh${shortHash(uid, 12)}`;
}

/** The VLAN link on a parent that is created for the Vnics that need it. */
export function vlanLinkName(parent: string, vlan: number): string {
  return `vl${shortHash(`${parent} ${vlan}`, 12)}`;
}

/** Alias of a VLAN link that we created, and may remove. */
export const vlanAlias = `${group}/vlan`;

/**
 * The numbers of a Vnic's routing tables in its pod, from 2^30 on: one for replies, one for the rest of the pod's
 * traffic.
 */
export function routingTable(uid: string): { replies: number; rest: number } {
  const replies = 2 ** 30 + 2 * (digest(`table:${uid}`).readUInt32BE(0) % 2 ** 29);
  return { replies, rest: replies + 1 };
}

/** The priority of the first of a Vnic's two rules for its default route. Both are before the kernel's 32766. */
export function rulePriority(uid: string): number {
  return 31000 + 2 * (digest(`rule:${uid}`).readUInt32BE(0) % 800);
}

/** The alias that identifies our link in any namespace (`IFLA_IFALIAS`, kept on moves). */
export function linkAlias(uid: string): string {
  return `${group}/${uid}`;
}

/**
 * The label value that selects the Vnics on a VnicNetwork. It is a hash, because the name may be longer than a label
 * value.
 */
export function networkLabel(name: string): string {
  return shortHash(`network ${name}`, 16);
}

/** The name of a session's Job: the node as a hash, since node names may have 253 characters, and the opener's tag. */
export function sessionJobName(node: string, tag: string): string {
  return `vnic-session-${shortHash(node, 8)}-${tag}`;
}

/**
 * The name of pod and Vnic of the doctor's self-test on a node. It is always the same, so that a test finds what an
 * interrupted test left.
 */
export function selfTestName(node: string): string {
  return `vnic-self-test-${shortHash(node, 8)}`;
}

/** The name of the Vnic that a VnicSet creates for a pod, shortened if the pod's name is too long. */
export function setMemberName(set: string, pod: string): string {
  return `${set}-${shortHash(pod, 10)}`;
}

/** Hashes a text to a number below 2^64, the same everywhere. */
export function hashNumber(text: string): bigint {
  return digest(text).readBigUInt64BE(0);
}

/** The name of an event. It is the same for the same `key`, so that the API server rejects duplicates. */
export function eventName(about: string, key: string): string {
  return `${about.slice(0, 230)}.${shortHash(key, 16)}`;
}

function shortHash(text: string, length: number): string {
  return digest(text).toString("hex").slice(0, length);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
