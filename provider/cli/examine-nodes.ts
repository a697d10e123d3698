import { isVnicError, messageOf } from "../base/errors.ts";
import { openCluster } from "../cluster/kube-cluster.ts";
import type { Access } from "../cluster/kubeconfig.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import { type Finding, warning } from "../model/doctor/finding.ts";
import { examineNode, type NetworkOnNode, type NodeSight } from "../model/doctor/node.ts";
import { type NodeObject, readNode } from "../model/kubernetes/node.ts";
import { annotations, vnicId } from "../model/names.ts";
import { nodeNetwork } from "../model/network/mode.ts";
import { networkOnNode, type StoredNetwork } from "../model/network/record.ts";
import { placementOf, type StoredVnic } from "../model/vnic/record.ts";

/** How many nodes are examined at most. */
export const maxNodes = 10;
const sessionSeconds = 30;

export interface NodeScope {
  readonly networks: readonly StoredNetwork[];
  readonly vnics: readonly StoredVnic[];
  readonly image: string;
  /** Name of the only node to examine. @default all, at most ten */
  readonly only?: string;
}

/** Opens an injection session on each node, and checks there the networks that are in use. */
export async function examineNodes(api: RawApi, access: Access, scope: NodeScope): Promise<Finding[]> {
  const names = scope.only === undefined ? await nodeNames(api, scope.vnics) : [scope.only];
  const cluster = await openCluster(access);
  const sessions = new SessionPool(cluster, { image: scope.image });
  try {
    const findings = names.slice(0, maxNodes).map(async (name) => {
      const node = await cluster.findNode(name);
      const state = node && readNode(node);
      const asked = node ? networksOn(name, node, scope) : [];
      const sight = state?.ready ? await inspectNode(sessions, name, asked) : { problem: "" };
      return examineNode(name, node, asked, sight);
    });
    const rest = names.length - maxNodes;
    const more = rest > 0 ? [warning("nodes", `${rest} more were not checked`, "check one of them with --node")] : [];
    return [...(await Promise.all(findings)).flat(), ...more];
  } finally {
    await sessions.close();
  }
}

/** All nodes; if the account may not list nodes, only the nodes that records name. */
export async function nodeNames(api: RawApi, vnics: readonly StoredVnic[]): Promise<string[]> {
  try {
    const nodes = await api.get<{ items: { metadata: { name: string } }[] }>("/api/v1/nodes");
    return nodes?.items.map(({ metadata }) => metadata.name) ?? [];
  } catch (error) {
    if (!isVnicError(error, "forbidden")) throw error;
    return [...new Set(vnics.flatMap((vnic) => placementOf(vnic)?.node ?? []))];
  }
}

/** Networks in use on that node, except host-device networks whose device has moved into a pod. */
function networksOn(name: string, node: NodeObject, { networks, vnics }: NodeScope): NetworkOnNode[] {
  const named = networks.flatMap(({ metadata, spec }) => {
    const network = networkOnNode(spec, node);
    return network ? [{ by: `Network ${metadata.name}`, network, ...mtuOf(spec) }] : [];
  });
  const inline = vnics.flatMap(({ metadata, spec }) =>
    metadata.annotations?.[annotations.node] === name && "parent" in spec.network
      ? [
          {
            by: `Vnic ${vnicId(metadata)}`,
            network: nodeNetwork.parse({ ...spec.network, mode: spec.network.mode ?? "macvlan" }),
            ...mtuOf(spec),
          },
        ]
      : [],
  );
  return [...named, ...inline].filter(({ network }) => network.mode !== "host-device");
}

function mtuOf({ mtu }: { readonly mtu?: number }): { mtu?: number } {
  return mtu === undefined ? {} : { mtu };
}

async function inspectNode(sessions: SessionPool, node: string, asked: readonly NetworkOnNode[]): Promise<NodeSight> {
  const deadline = new Deadline(`inspecting node ${node}`, sessionSeconds);
  try {
    return await sessions.use(node, deadline, async (session) => {
      const began = Date.now();
      const result = await session.request("inspect", { networks: asked.map(({ network }) => network) });
      return { result, aheadSeconds: (Date.parse(result.time) - (began + Date.now()) / 2) / 1000 };
    });
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
