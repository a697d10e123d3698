import { contains, familyOf, hostOf, networkOf, prefixOf } from "../../base/address.ts";
import { quote } from "../../base/quote.ts";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import type { takenVariables } from "./dhcp-variables.ts";
import { hostCidr } from "../schema/host-cidr.ts";
import { destination } from "../schema/route-fields.ts";

/*
 * A DHCP server's routes (options 121 and 3), and how they are merged with those of a Vnic. The server is untrusted:
 * an offer with a route that would divert the pod's or the cluster's own traffic is refused as a whole.
 */

export const leaseRoute = z.strictObject({
  to: destination,
  /** Absent for a destination on the network itself. */
  via: z.ipv4().optional(),
});

export interface LeasedRoutes {
  readonly routes?: z.output<typeof leaseRoute>[] | undefined;
  readonly router?: string | undefined;
}

/** The routes of a server that a Vnic requests. */
export interface RoutesAsked {
  readonly routes?: boolean | undefined;
  /** The default route, if one is wanted. Leased routes must not lead to the cluster's networks in `except`. */
  readonly defaultRoute?: { readonly except: readonly string[] } | undefined;
  /** Networks that exist only within the cluster. No lease may overlap them. */
  readonly clusterNetworks?: readonly string[] | undefined;
}

/** Maximum number of routes from a server. */
export const maxLeasedRoutes = 16;
/** Routes with a shorter prefix are refused, because two of them could cover all destinations together. */
const minPrefixLength = 8;
const noNetworks = ["unspecified", "loopback", "linkLocal", "multicast", "broadcast"];

/**
 * Parses the routes that were asked for. `address` is the leased one, `others` are the pod's other addresses, in CIDR
 * form. If there are classless routes, the router option is ignored, even if none of them is a default route (RFC
 * 3442).
 */
export function readLeasedRoutes(
  { staticroutes = "", router = "" }: { readonly [Name in keyof typeof takenVariables]?: string | undefined },
  { routes: wanted = false, defaultRoute, clusterNetworks = [] }: RoutesAsked,
  address: string,
  others: readonly string[],
): LeasedRoutes | { refused: string } {
  if (!wanted) return {};
  const words = staticroutes.split(" ").filter(Boolean);
  if (words.length % 2 > 0) return { refused: `${quote(staticroutes)} are not pairs of network and router` };
  if (words.length > 2 * maxLeasedRoutes)
    return { refused: `${words.length / 2} routes are more than the ${maxLeasedRoutes} that are taken` };
  const pairs = words.flatMap((to, index) => (index % 2 === 0 ? [{ to, via: words[index + 1] ?? "" }] : []));
  const isForAll = ({ to }: { to: string }) => to === "0.0.0.0/0";
  const hop = pairs.length > 0 ? pairs.find(isForAll)?.via : router.split(" ").find(Boolean);
  const taken = pairs
    .filter((pair) => !isForAll(pair))
    .map(({ to, via }) => (via === "0.0.0.0" ? { to } : { to, via }));

  const kept = [...others, ...(defaultRoute?.except ?? []), ...clusterNetworks];
  for (const { to, via } of taken) {
    const problem = problemOf(to, kept, others) ?? (via === undefined ? undefined : hopProblem(via, address));
    if (problem) return { refused: `route ${quote(to)}: ${problem}` };
  }
  const routes = distinct(taken.map(({ to, ...rest }) => ({ to: destination.parse(to), ...rest }))).filter(
    ({ to }) => to !== networkOf(address),
  );
  const withoutRouter = routes.length > 0 ? { routes } : {};
  if (!defaultRoute || hop === undefined) return withoutRouter;
  const problem = hopProblem(hop, address);
  return problem ? { refused: `default route: ${problem}` } : { ...withoutRouter, router: hop };
}

/**
 * The first route to each destination. The kernel refuses a second one, and one to the NIC's own network, which servers
 * often list as well.
 */
function distinct<Route extends { readonly to: string }>(routes: readonly Route[]): Route[] {
  return routes.filter(({ to }, index) => routes.findIndex((other) => other.to === to) === index);
}

function problemOf(to: string, kept: readonly string[], others: readonly string[]): string | undefined {
  const parsed = destination.safeParse(to);
  if (!parsed.success || familyOf(parsed.data) === 6) return "is not an IPv4 network";
  const prefix = Number(prefixOf(parsed.data));
  if (prefix < minPrefixLength) return `a network of ${prefix} bits would draw the pod's other traffic`;
  const range = ipaddr.parse(hostOf(parsed.data)).range();
  if (noNetworks.includes(range)) return `is no network of hosts, but ${range}`;
  const overlapping =
    kept.find((other) => overlaps(parsed.data, other)) ?? others.find((other) => isWithin(parsed.data, other));
  return overlapping === undefined
    ? undefined
    : `it would draw traffic to ${overlapping}, which is the pod's own network's or the cluster's`;
}

function hopProblem(via: string, address: string): string | undefined {
  if (!z.ipv4().safeParse(via).success) return `its router ${quote(via)} is not an IPv4 address`;
  if (via === hostOf(address)) return `its router ${via} is the leased address itself`;
  if (!contains(address, via)) return `its router ${via} is not in the subnet of ${address}`;
  // The kernel refuses a route over such an address only when the lease has been accepted.
  const isHost = hostCidr.safeParse(`${via}/${prefixOf(address)}`).success;
  return isHost ? undefined : `its router ${via} is no host of the subnet of ${address}`;
}

/** Whether two networks overlap. An address with prefix length counts as that address alone. */
export function overlaps(network: string, other: string): boolean {
  if (familyOf(other) === 6) return false;
  const isNetwork = ipaddr.IPv4.networkAddressFromCIDR(other).toString() === hostOf(other);
  return contains(network, hostOf(other)) || (isNetwork && contains(other, hostOf(network)));
}

/** Whether an IPv4 network is in the subnet of an address in CIDR form, such as that of a pod's other NIC. */
export function isWithin(network: string, address: string): boolean {
  return familyOf(address) === 4 && contains(address, hostOf(network));
}
