import { contains, familyOf, isLinkLocal } from "../../base/address.ts";
import { quote, quoteGiven } from "../../base/quote.ts";
import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../../cluster/cluster.ts";
import type { Definition } from "../../model/vnic/definition.ts";
import { isVnicError, VnicError } from "../../base/errors.ts";
import { segmentsWithoutHeld } from "../../model/address/held.ts";
import { networkFinalizer } from "../../model/names.ts";
import { networkInRecord, networkOnNode, type StoredNetwork } from "../../model/network/record.ts";
import type { Membership } from "../../model/address/membership.ts";
import { segmentsOf } from "../../model/address/segment.ts";
import { isInline, isNamed, type NetworkReference } from "../../model/network/reference.ts";
import { namespaceProblems } from "../../model/network/terms.ts";
import type { StoredVnic } from "../../model/vnic/record.ts";
import type { NetworkOnNode, VnicState } from "../../model/vnic/state.ts";
import type { ClusterView } from "../view.ts";
import { attachmentFor, findAttachment, unusedWords } from "./attachment.ts";
import { refuseBeyondTerms } from "./terms.ts";

/*
 * The external network of a Vnic: resolving its reference on a node, and protecting a network in use from deletion.
 */

/**
 * Resolves the network on a node. Refuses one that doesn't exist, that the Vnic's namespace may not use, or that has
 * no parent on the node. Changes nothing.
 */
export async function resolveNetwork(
  cluster: ClusterView,
  definition: Definition,
  node: string,
): Promise<NetworkOnNode> {
  return (await resolve(cluster, definition, node)).network;
}

/** A network on the node of a Vnic, and the segments on which the Vnic holds its addresses. */
export interface JoinedNetwork {
  readonly network: NetworkOnNode;
  readonly segments: readonly string[];
  /** The Vnic's place on a VnicNetwork. */
  readonly membership: Membership | undefined;
  /** A warning about settings of the network that have no effect. */
  readonly warning: string | undefined;
  /**
   * Protects a VnicNetwork from deletion. Call it just before the record that names it is written, so that an attempt
   * that ends sooner leaves the network as it was.
   */
  readonly hold: () => Promise<void>;
}

/** Resolves the network of a Vnic to be made. Changes nothing until `hold` is called. */
export async function joinNetwork(cluster: Cluster, definition: Definition, node: string): Promise<JoinedNetwork> {
  const { network, record, warning } = await resolve(cluster, definition, node);
  if (record) refuseBeyondTerms(definition, record);
  const membership = record && {
    namespace: definition.pod.namespace,
    network: record.metadata.name,
    most: record.spec.vnicsPerNamespace,
  };
  const hold = async () => record && holdNetwork(cluster, record);
  return { network, segments: segmentsOf(record ? record.spec : network), membership, warning, hold };
}

/** The segments of a network that a Vnic of that namespace references. They don't depend on the node. */
export async function segmentsOfNetwork(
  cluster: ClusterView,
  network: NetworkReference,
  namespace: string,
): Promise<string[]> {
  if (isInline(network)) return segmentsOf(network);
  if (isNamed(network)) return segmentsOf((await findUsable(cluster, network.name, namespace)).spec);
  return segmentsOf((await findAttachment(cluster, network.networkAttachmentDefinition, namespace)).network);
}

/** The segments of a network that Vnics are on. A VnicNetwork gets its finalizer again, which `kubectl replace` removes. */
export async function segmentsOfUsedNetwork(
  cluster: Cluster,
  network: NetworkReference,
  namespace: string,
): Promise<string[]> {
  if (!isNamed(network)) return segmentsOfNetwork(cluster, network, namespace);
  const record = await findUsable(cluster, network.name, namespace);
  await holdNetwork(cluster, record);
  return segmentsOf(record.spec);
}

async function resolve(
  cluster: ClusterView,
  definition: Definition,
  node: string,
): Promise<{ network: NetworkOnNode; record?: StoredNetwork; warning?: string | undefined }> {
  const { network, pod } = definition;
  if (isInline(network)) return { network };
  if (!isNamed(network)) {
    const reference = network.networkAttachmentDefinition;
    const read = await findAttachment(cluster, reference, pod.namespace);
    return { network: attachmentFor(read, definition), warning: unusedWords(reference, pod.namespace, read) };
  }
  const record = await findUsable(cluster, network.name, pod.namespace);
  const known = networkInRecord(record);
  const object = known.parents ? await cluster.findNode(node) : undefined;
  const there = networkOnNode(known, object ?? {});
  if (!there)
    throw refusal(
      `VnicNetwork ${network.name} has no parent for node ${node}; add one to its parents, or a parent for all`,
    );
  const { mtu, gateways, placement, networkStatus } = known;
  const reachable = gateways?.filter((gateway) => isReachable(gateway, definition.addresses));
  const withDefaults = {
    ...there,
    ...(mtu === undefined ? {} : { mtu }),
    ...(placement === undefined ? {} : { placement }),
    ...(reachable?.length ? { gateways: reachable } : {}),
    ...(networkStatus === true ? { networkStatus: `${pod.namespace}/${network.name}` } : {}),
  };
  return { network: withDefaults, record };
}

async function findUsable(cluster: ClusterView, name: string, namespace: string): Promise<StoredNetwork> {
  const record = await cluster.findNetwork(name);
  if (!record)
    throw refusal(`there is no VnicNetwork ${quote(name)}; create it, or give mode and parent of the network here`);
  if (record.metadata.deletionTimestamp) throw refusal(`VnicNetwork ${name} is being deleted`);
  const [problem] = namespaceProblems({ ...record.spec, name }, namespace);
  if (problem) throw refusal(problem.reason);
  return record;
}

/**
 * Confirms that the network of a Vnic is protected, after the record that names it was written. Refuses a network that was
 * marked for deletion since it was resolved, because its deletion may not have considered our record. A Vnic that has
 * left the network since then may have taken the finalizer away.
 */
export async function confirmNetwork(cluster: Cluster, { network, pod }: Definition): Promise<void> {
  if (isNamed(network)) await holdNetwork(cluster, await findUsable(cluster, network.name, pod.namespace));
}

/** Adds the finalizer that keeps a network until no Vnics use it. */
async function holdNetwork(cluster: Cluster, { metadata: { name, uid, finalizers } }: StoredNetwork): Promise<void> {
  if (!finalizers?.includes(networkFinalizer)) await cluster.holdNetwork(name, uid);
}

/** Describes how a named network differs from what was applied to the Vnic, and from what its record holds. */
export async function networkDrift(cluster: ClusterView, known: VnicState, record?: StoredVnic): Promise<string[]> {
  const { network, networkOnNode: applied } = known;
  if (isInline(network) || applied === undefined) return [];
  try {
    const { network: now, record: itself } = await resolve(cluster, known, known.node);
    const segments = itself && record?.metadata.uid === known.uid ? segmentsOf(itself.spec) : [];
    const keys = ["mode", "parent", "vlan", "mtu", "gateways", "networkStatus"] as const;
    const changed = keys.filter((key) => !isDeepStrictEqual(applied[key], now[key]));
    // On another network, the Vnic can't hold anything yet.
    const isSame = !changed.includes("parent") && !changed.includes("vlan");
    const unheld = record && isSame ? segmentsWithoutHeld(record.metadata, segments) : [];
    return [
      ...changed.map(
        (key) => `the network's ${key} is ${quoteGiven(now[key])} by now, and was ${quoteGiven(applied[key])}`,
      ),
      ...unheld.map((segment) => `the network also has the parent ${segment} by now, where its addresses aren't held`),
    ];
  } catch (error) {
    if (isVnicError(error, "refused")) return [error.message];
    throw error;
  }
}

function isReachable(gateway: string, addresses: readonly string[]): boolean {
  return addresses.some(
    (cidr) => familyOf(cidr) === familyOf(gateway) && (isLinkLocal(gateway) || contains(cidr, gateway)),
  );
}

function refusal(text: string): VnicError {
  return new VnicError("refused", `network.name: ${text}`);
}
