import { readdir } from "node:fs/promises";
import { VnicError } from "../base/errors.ts";
import { netnsDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "./host-path.ts";
import { ipRows, type Link, listLinks } from "./link.ts";
import { segmentOfLink } from "./segment.ts";

/*
 * Links that connect the node's pods to the cluster network. A NIC on one of them would be on the pods' own network,
 * with any address.
 */

/** Names of the bridges and links that CNI plugins create once per node. */
const plugins =
  /^(cni\d+|cbr\d+|docker\d+|flannel\.\d+|flannel-v6\.\d+|kube-bridge|kube-ipvs\d+|nodelocaldns|cilium_(host|net|vxlan|geneve)|lxc_health|tunl\d+|vxlan(-v6)?\.calico|wireguard\.cali|wg-v6\.cali|antrea-gw\d+|genev_sys_\d+|ovn-k8s-mp\d+|br-int|weave)$/;
/** The node's ends of our own veth pairs in mode bridge. */
const hostSides = /^vh[0-9a-f]{12}$/;
/** How long the result for a parent and a namespace is cached, in milliseconds. */
const lifetimeMilliseconds = 10_000;
const allowedParents = new Map<string, { readonly at: number; readonly checked: Promise<string | undefined> }>();

/**
 * Like {@link refuseClusterLink}, for a parent given by name while the node's links haven't been listed. Resolves to its
 * segment, or to undefined if there is no such parent. Requests of one namespace share the check, but those of another one
 * would have to wait for its turn.
 */
export function segmentOfAllowed(name: string, namespace: string): Promise<string | undefined> {
  const key = `${namespace}/${name}`;
  const known = allowedParents.get(key);
  if (known && performance.now() - known.at < lifetimeMilliseconds) return known.checked;
  const checked = listLinks("node").then(async (links) => {
    const parent = links.find((link) => link.name === name);
    if (!parent) return undefined;
    await refuseClusterLink(parent, links);
    return segmentOfLink(parent, links);
  });
  allowedParents.set(key, { at: performance.now(), checked });
  checked.catch(() => allowedParents.delete(key));
  return checked;
}

/** Refuses a parent on the cluster network: a CNI plugin's bridge, or the node's end of a pod's interface. */
export async function refuseClusterLink(parent: Link, nodeLinks: readonly Link[]): Promise<void> {
  const { name, kind } = parent;
  if (plugins.test(name)) throw refusal(`${name} is a link of the cluster's own network`);
  if (kind !== "veth" && kind !== "bridge") return;
  const ports = kind === "bridge" ? nodeLinks.filter(({ master }) => master === name) : [];
  if (kind === "bridge" && !ports.some(({ peerNetns }) => peerNetns !== undefined)) return;
  const pods = await podNetnsIds();
  const leadsToPod = ({ kind: its, peerNetns }: Link) =>
    its === "veth" && peerNetns !== undefined && pods.has(peerNetns);
  if (leadsToPod(parent)) throw refusal(`${name} is the node's end of a pod's interface`);
  const foreign = ports.filter(({ name }) => !hostSides.test(name));
  // A bridge that also has a port other than pods' interfaces belongs to a LAN, even if pods are on it.
  if (foreign.length > 0 && foreign.every(leadsToPod))
    throw refusal(`${name} is the bridge by which pods are on the cluster's own network`);
}

/** The node's IDs for the network namespaces that the runtime created (`ip netns list-id`, `RTM_GETNSID`). */
async function podNetnsIds(): Promise<Set<number>> {
  const [rows, pods] = await Promise.all([
    ipRows<{ nsid?: number; name?: string }>("node", ["-j", "netns", "list-id"]),
    readdir(hostPath(netnsDirectory)).catch((): string[] => []),
  ]);
  return new Set(rows.flatMap(({ nsid, name = "" }) => (nsid !== undefined && pods.includes(name) ? [nsid] : [])));
}

function refusal(text: string): VnicError {
  return new VnicError("refused", `network.parent: ${text}; name a NIC that leads to the external network`);
}
