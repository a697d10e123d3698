import { bitsOf, type Family, familyOf, hostOf, networkOf } from "../../base/address.ts";
import { cidr, device as deviceWord, host, type IpLine, ipLine, number } from "./ip-line.ts";
import { routingTable, rulePriority } from "../names.ts";
import type { InjectPlan } from "../wire/session-protocol.ts";

/*
 * The routes and rules of a Vnic (ip-route(8), ip-rule(8)), each as the words that follow `add` or `del`, so that
 * wanted and existing ones can be compared. Ours have a protocol number, like those of routing daemons (rtnetlink(7)).
 * Replies leave through the Vnic: traffic from its addresses uses a table of its own with the Vnic's networks and
 * gateways. A default route doesn't change the pod's main table either: more specific routes there apply first, then a
 * second table handles the rest. So routes of the cluster are never changed.
 */

/** The protocol number of our routes, as `ip -N` prints it. */
export const protocol = "118";
/** Priority of our rules; lower than 32766, so that they precede the kernel's rule for the main table. */
const replyPriority = 30000;
const main = 254;

/** One route or rule. */
export interface Entry {
  readonly family: Family;
  readonly object: "route" | "rule";
  readonly words: IpLine;
}

export function wantedEntries({
  vnic,
  interfaceName: device,
  addresses,
  routing,
}: Pick<InjectPlan, "vnic" | "interfaceName" | "addresses" | "routing">): Entry[] {
  if (!routing) return [];
  const { gateways, replyVia, defaultRoute, routes } = routing;
  const { replies, rest } = routingTable(vnic.uid);
  const priority = rulePriority(vnic.uid);
  const networks = addresses.map((address) => ({ to: networkOf(address) }));
  const entries = routes.map((route) => routeEntry(route, device));
  for (const gateway of gateways) {
    const family = familyOf(gateway);
    const own = <T extends { readonly to: string }>(all: readonly T[]) =>
      all.filter(({ to }) => familyOf(to) === family);
    const all = { to: anywhere[family], via: gateway };
    if (replyVia === "vnic") {
      const known = [...own(networks), ...own(routes.filter(({ table }) => table === undefined)), all];
      entries.push(...known.map((route) => routeEntry({ ...route, table: replies }, device)));
      for (const address of addresses.filter((one) => familyOf(one) === family))
        entries.push(ruleEntry(family, replyPriority, ipLine`from ${host(hostOf(address))} table ${number(replies)}`));
    }
    if (!defaultRoute) continue;
    entries.push(routeEntry({ ...all, table: rest }, device));
    entries.push(...own(defaultRoute.except.map((to) => ({ to }))).map(({ to }) => throwEntry(to, rest)));
    entries.push(ruleEntry(family, priority, ipLine`from all table ${number(main)} suppress_prefixlength 0`));
    entries.push(ruleEntry(family, priority + 1, ipLine`from all table ${number(rest)}`));
  }
  return unique(entries);
}

interface Route {
  readonly to: string;
  readonly via?: string | undefined;
  readonly metric?: number | undefined;
  readonly table?: number | undefined;
}

function routeEntry({ to, via, metric, table = main }: Route, device: string): Entry {
  const family = familyOf(to);
  const next = via === undefined ? ipLine`` : ipLine` via ${host(via)}`;
  const cost = isUsual(family, metric) ? ipLine`` : ipLine` metric ${number(metric ?? 0)}`;
  const words = ipLine`${cidr(to)}${next} dev ${deviceWord(device)}${cost} table ${number(table)} proto 118`;
  return { family, object: "route", words };
}

/** A destination that a table leaves to later rules. */
function throwEntry(to: string, table: number): Entry {
  return { family: familyOf(to), object: "route", words: ipLine`throw ${cidr(to)} table ${number(table)} proto 118` };
}

function ruleEntry(family: Family, priority: number, selector: IpLine): Entry {
  return { family, object: "rule", words: ipLine`priority ${number(priority)} ${selector} protocol 118` };
}

/** A row of `ip -N -j route show table all`. */
export interface RouteRow {
  readonly type?: string;
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly metric?: number;
  /** A type of service, a nexthop object and a source: our routes have none of these, and aren't found with them. */
  readonly tos?: string;
  readonly nhid?: number;
  readonly from?: string;
}

/** A row of `ip -N -j rule show`. */
export interface RuleRow {
  readonly priority?: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly table?: string;
  readonly protocol?: string;
  readonly suppress_prefixlen?: number;
}

/** The routes and rules of one Vnic, selected from all routes and rules of its pod. */
export function liveEntries(
  uid: string,
  device: string,
  family: Family,
  routes: readonly RouteRow[],
  rules: readonly RuleRow[],
): Entry[] {
  const tables = Object.values(routingTable(uid)).map(String);
  const priority = rulePriority(uid);
  const ownRoutes = routes.filter(
    (row) => row.protocol === protocol && !isOthers(row) && (tables.includes(row.table ?? "") || row.dev === device),
  );
  const ownRules = rules.filter(
    (row) => row.protocol === protocol && (tables.includes(row.table ?? "") || row.priority === priority),
  );
  const entries = [
    ...ownRoutes.map((row) => attempt(() => readRoute(row, family))),
    ...ownRules.map((row) => attempt(() => readRule(row, family))),
  ];
  return entries.filter((entry) => entry !== undefined);
}

function isOthers({ tos, nhid, from }: RouteRow): boolean {
  return tos !== undefined || nhid !== undefined || from !== undefined;
}

function readRoute({ type, dst = "", gateway, dev = "", table, metric }: RouteRow, family: Family): Entry {
  const to = dst === "default" ? anywhere[family] : withPrefix(dst);
  if (type === rtnThrow) return throwEntry(to, Number(table));
  return routeEntry({ to, via: gateway, metric, table: table === undefined ? undefined : Number(table) }, dev);
}

function readRule(
  { priority = 0, src = "all", srclen, table, suppress_prefixlen: suppressed }: RuleRow,
  family: Family,
): Entry {
  const from =
    src === "all" ? ipLine`all` : srclen === undefined ? ipLine`${host(src)}` : ipLine`${cidr(`${src}/${srclen}`)}`;
  const shortest = suppressed === undefined ? ipLine`` : ipLine` suppress_prefixlength ${number(suppressed)}`;
  return ruleEntry(family, priority, ipLine`from ${from} table ${number(Number(table))}${shortest}`);
}

/** Returns undefined for a row of a form that we never create: the pod created it, so it stays. */
function attempt(read: () => Entry): Entry | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** `RTN_THROW` of rtnetlink(7). */
const rtnThrow = "9";

/**
 * Lines for `ip -batch`, by address family, that change the existing entries to the wanted ones. Removals come first,
 * because the kernel rejects a second route to a destination with the same metric through another gateway.
 */
export function routingSteps(wanted: readonly Entry[], live: readonly Entry[]): Record<Family, IpLine[]> {
  const lines = (family: Family) => [
    ...without(live, wanted)
      .filter((entry) => entry.family === family)
      .map(({ object, words }) => (object === "route" ? ipLine`route del ${words}` : ipLine`rule del ${words}`)),
    ...without(wanted, live)
      .filter((entry) => entry.family === family)
      .map(({ object, words }) => (object === "route" ? ipLine`route add ${words}` : ipLine`rule add ${words}`)),
  ];
  return { 4: lines(4), 6: lines(6) };
}

/** Maximum number of differences that are described one by one. A pod may make any number of them. */
const maxDescribed = 64;

/** Describes how existing entries differ from the wanted ones. */
export function routingDrift(wanted: readonly Entry[], live: readonly Entry[]): string[] {
  const differences = [
    ...without(wanted, live).map(({ object, words }) => `the ${object} "${words}" is missing`),
    ...without(live, wanted).map(({ object, words }) => `the ${object} "${words}" is too many`),
  ];
  const more = differences.length - maxDescribed;
  return more > 0
    ? [...differences.slice(0, maxDescribed), `${more} other routes and rules are missing or too many`]
    : differences;
}

/** Set difference. It uses a Set, because a pod may have any number of entries. */
function without(some: readonly Entry[], others: readonly Entry[]): Entry[] {
  const known = new Set(others.map(keyOf));
  return some.filter((one) => !known.has(keyOf(one)));
}

function unique(entries: readonly Entry[]): Entry[] {
  // Keeps the first of equal entries.
  return [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
}

function keyOf({ family, object, words }: Entry): string {
  return `${family} ${object} ${words}`;
}

const anywhere = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** The kernel's default metric of an IPv6 route. */
const ipv6Metric = 1024;

function isUsual(family: Family, metric: number | undefined): boolean {
  return metric === undefined || metric === (family === 6 ? ipv6Metric : 0);
}

function withPrefix(destination: string): string {
  return destination.includes("/") ? destination : `${destination}/${bitsOf(familyOf(destination))}`;
}
