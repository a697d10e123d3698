import { isIP } from "node:net";
import type { CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { isVnicError } from "../base/errors.ts";
import { addressesOfNode, type ClusterAddress } from "../model/network/cluster-addresses.ts";
import { type ApiServer, find } from "./call.ts";
import { type List, listPages } from "./pages.ts";

/** How long the addresses are cached. Every Vnic needs them, and they change only with the nodes. */
const lifetimeMilliseconds = 60_000;

/** The calls that find the cluster's own addresses: those of nodes, pods, services and the API server. */
export function clusterAddressCalls(server: ApiServer, core: CoreV1Api, objects: CustomObjectsApi) {
  let last: { readonly at: number; readonly found: Promise<readonly ClusterAddress[]> } | undefined;
  const read = async () => {
    const [nodes, service, ranges] = await Promise.all([
      listPages(server, "listing nodes", (page) => core.listNode({ ...page }), addressesOfNode, 500),
      find(server, "reading Service default/kubernetes", () =>
        core.readNamespacedService({ namespace: "default", name: "kubernetes" }),
      ),
      serviceRanges(server, objects),
    ]);
    const { hostname } = new URL(server.server);
    const usable = (hosts: readonly string[]) => hosts.filter((host) => isIP(host) !== 0 && !isLoopback(host));
    const holder = "the API server";
    return [
      ...nodes.items.flat(),
      ...usable(service?.spec?.clusterIPs ?? []).map((value) => ({ holder, value, isVirtual: true as const })),
      ...usable([hostname.replace(/^\[|\]$/g, "")]).map((value) => ({ holder, value })),
      ...ranges.map((value) => ({ holder: "the cluster's services", value, isVirtual: true as const })),
    ];
  };
  return {
    clusterAddresses: (): Promise<readonly ClusterAddress[]> => {
      if (last && performance.now() - last.at < lifetimeMilliseconds) return last.found;
      const found = read();
      const now = { at: performance.now(), found };
      last = now;
      found.catch(() => {
        if (last === now) last = undefined;
      });
      return found;
    },
  };
}

/** The address ranges of Services. Empty with Kubernetes before 1.33, which has no objects for these ranges. */
async function serviceRanges(server: ApiServer, objects: CustomObjectsApi): Promise<string[]> {
  try {
    const resource = { group: "networking.k8s.io", version: "v1", plural: "servicecidrs" };
    const { items } = await listPages(
      server,
      "listing ServiceCIDRs",
      (page) =>
        objects.listClusterCustomObject({ ...resource, ...page }) as Promise<List<{ spec?: { cidrs?: string[] } }>>,
    );
    return items.flatMap(({ spec }) => spec?.cidrs ?? []);
  } catch (error) {
    if (isVnicError(error, "notInstalled")) return [];
    throw error;
  }
}

function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}
