import { contains, familyOf, hostOf, isLinkLocal } from "../../base/address.ts";
import { isIPv4, isIPv6 } from "node:net";
import * as z from "zod";
import { isList, list, maxLength, maxItems, text } from "./bounds.ts";
import { descriptions } from "./field.ts";
import { hostCidr } from "./host-cidr.ts";
import { known, unknownValue } from "./known.ts";
import type { Problem } from "./problem.ts";
import { subnet } from "./range.ts";
import { unassignable } from "./address-blocks.ts";
import { isInBlocks } from "./cel-address.ts";
import { admitted } from "./rule.ts";
import { quote } from "../../base/quote.ts";

/* Inputs for a Vnic's routes. */

export interface Route {
  readonly to: string;
  /** The next hop; absent for a destination on the network itself. */
  readonly via?: string | undefined;
  readonly metric?: number | undefined;
  /** Defaults to the pod's main table. */
  readonly table?: number | undefined;
}

/** A default route over the Vnic for all destinations except the cluster's own networks, which must be named. */
export interface DefaultRoute {
  readonly except: readonly string[];
}

const hostRule = {
  words: `is not a host's address; write it like "192.168.50.1" or "fd50::1", without a prefix length`,
  cel: `isIP(self) && !${isInBlocks(
    "self",
    // A gateway may have a link-local address.
    unassignable.flatMap(({ blocks, inCel }) => (inCel === false ? [] : blocks)).filter((one) => one !== "fe80::/10"),
  )}`,
};

/** An address without prefix length, in canonical form. */
export const host = text(maxLength.address, "an address")
  .transform((text, context) => {
    const parsed = hostCidr.safeParse(`${text}/${isIPv4(text) ? 32 : 128}`);
    if (parsed.success && !text.includes("/")) return hostOf(parsed.data);
    if (isIPv6(text) && !text.includes("%") && isLinkLocal(text)) return text.toLowerCase();
    context.addIssue({ code: "custom", message: `${quote(text)} ${hostRule.words}` });
    return z.NEVER;
  })
  .meta(admitted(maxLength.address, [hostRule]));

export const destination = text(maxLength.address, "a destination").transform((text, context) => {
  const parsed = subnet.safeParse(text.includes("/") ? text : `${text}/${isIPv4(text) ? 32 : 128}`);
  const all = text === "default" || text.endsWith("/0");
  if (parsed.success && !all) return parsed.data;
  context.addIssue({
    code: "custom",
    message: all
      ? `${quote(text)} is the default route; ask for it by "gateways" and "defaultRoute"`
      : `${quote(text)} is not a destination; write it like "10.20.0.0/16" or "fd60::/64"`,
  });
  return z.NEVER;
});

const whole = (what: string, least: number, most: number) => {
  const error = ({ input }: { input?: unknown }) => `${quote(input)} is not ${what}; use ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

/** The kernel's own tables are 253 to 255; those from 2^30 on are ours. */
const table = whole("the number of a routing table", 1, 2 ** 30 - 1).refine((number) => number < 253 || number > 255, {
  error: ({ input }) => `${String(input)} is a table of the kernel's own; leave it out for the main table`,
});

const route = {
  to: destination,
  via: host,
  metric: whole("a metric", 0, 2 ** 32 - 1),
  table,
};

export const replyVia = z.enum(["vnic", "pod"], {
  error: ({ input }) => `${quote(input)} is neither "vnic" nor "pod"`,
});

/* Schemas of the user's inputs. */

export const routes = list(
  known(
    z.strictObject({
      to: known(route.to).register(descriptions, { doc: "The destination, like `10.20.0.0/16`" }),
      via: known(route.via).optional().register(descriptions, {
        doc: "The next hop, an address in one of the Vnic's subnets",
        default: "none: the destination is on the network itself",
      }),
      metric: known(route.metric)
        .optional()
        .register(descriptions, { doc: "The route's metric", default: "the kernel's" }),
      table: known(route.table)
        .optional()
        .register(descriptions, { doc: "Number of the routing table", default: "the pod's main table" }),
    }),
  ),
  maxItems.routes,
);

export const gateways = list(known(host), maxItems.gateways, [
  {
    rule: "self.size() < 2 || !self.all(one, isIP(one)) || ip(self[0]).family() != ip(self[1]).family()",
    message: "gateways[1]: has the same address family as gateways[0]",
  },
]);

export const defaultRoute = z.strictObject({
  except: known(list(known(destination), maxItems.exceptions)).register(descriptions, {
    doc: "The cluster's own pod and service networks, which the pod continues to reach by its default route",
  }),
});

/** A default route in a plan for the node. */
export const plannedDefaultRoute = z.strictObject({ except: list(destination, maxItems.exceptions).readonly() });

/** The routes in a plan for the node, where every field is resolved. */
export const routing = z.strictObject({
  routes: list(
    z.strictObject({
      to: route.to,
      via: route.via.optional(),
      metric: route.metric.optional(),
      table: route.table.optional(),
    }),
    maxItems.routes,
  ).readonly(),
  gateways: list(host, maxItems.gateways).readonly(),
  replyVia,
  defaultRoute: plannedDefaultRoute.optional(),
});

/** Rules between fields, applied to the raw inputs. */
export function routeProblems(inputs: Readonly<Record<string, unknown>>): Problem[] {
  const { gateways, routes, replyVia: wanted, defaultRoute, dhcp } = inputs;
  const networks = networksOf(inputs.addresses);
  const problems: Problem[] = [];
  const reachable = (property: string, next: unknown) => {
    const parsed = host.safeParse(next);
    if (!parsed.success || networks === undefined || isReachable(parsed.data, networks)) return;
    problems.push({
      property,
      reason: `"${parsed.data}" is in no subnet of the addresses, so the Vnic can't reach it`,
    });
  };
  const hops = isList(gateways, maxItems.gateways) ? gateways : [];
  hops.forEach((gateway, index) => reachable(`gateways[${index}]`, gateway));
  problems.push(...gatewayProblems(gateways));
  const given = isList(routes, maxItems.routes) ? (routes as readonly ({ to?: unknown; via?: unknown } | null)[]) : [];
  given.forEach((one, index) => {
    if (one?.via === undefined) return;
    reachable(`routes[${index}].via`, one.via);
    const [to, via] = [destination.safeParse(one.to).data, host.safeParse(one.via).data];
    if (to !== undefined && via !== undefined && familyOf(to) !== familyOf(via))
      problems.push({ property: `routes[${index}].via`, reason: `has another address family than ${to}` });
  });
  const except = (defaultRoute as { except?: unknown } | undefined)?.except;
  if (Array.isArray(except) && except.length === 0)
    problems.push({
      property: "defaultRoute.except",
      reason: `is empty; name the cluster's own networks, those of its pods and services, or the pod loses them`,
    });
  // With a reference to a network, the gateways may be that network's; with leased routes, the DHCP server names its
  // router.
  const leasedRoutes = (dhcp as { routes?: unknown } | undefined)?.routes;
  const mayBeProvided =
    isNamed(inputs.network) || dhcp === unknownValue || [true, "true", unknownValue].includes(leasedRoutes as string);
  for (const [property, value] of Object.entries({ replyVia: wanted, defaultRoute }))
    if (value !== undefined && value !== unknownValue && gateways === undefined && !mayBeProvided)
      problems.push({ property, reason: `needs "gateways"` });
  return problems;
}

/** Gateways of the same family as an earlier one, in the raw input. */
export function gatewayProblems(gateways: unknown): Problem[] {
  const hops = isList(gateways, maxItems.gateways) ? gateways : [];
  return hops.flatMap((gateway, index) => {
    const first = hops.findIndex(
      (other) => other !== unknownValue && isIPv6(String(other)) === isIPv6(String(gateway)),
    );
    if (gateway === unknownValue || first === index) return [];
    return [{ property: `gateways[${index}]`, reason: `has the same address family as gateways[${first}]` }];
  });
}

function isNamed(network: unknown): boolean {
  return typeof network === "string" || (typeof network === "object" && network !== null && !("parent" in network));
}

/** The networks of the addresses; undefined if one is unknown, invalid (which is reported elsewhere) or from DHCP. */
function networksOf(addresses: unknown): string[] | undefined {
  if (!isList(addresses, maxItems.addresses)) return undefined;
  const parsed = addresses.map((address) => hostCidr.safeParse(address).data);
  return parsed.every((address) => address !== undefined) ? parsed : undefined;
}

function isReachable(next: string, networks: readonly string[]): boolean {
  return (familyOf(next) === 6 && isLinkLocal(next)) || networks.some((cidr) => contains(cidr, next));
}
