import { contains, networkOf } from "../../base/address.ts";
import { parseJson } from "../../base/json.ts";
import { quote } from "../../base/quote.ts";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { takenVariables } from "./dhcp-variables.ts";
import * as field from "../schema/fields.ts";
import {
  leaseRoute,
  maxLeasedRoutes,
  type LeasedRoutes,
  isWithin,
  overlaps,
  readLeasedRoutes,
  type RoutesAsked,
} from "./routes.ts";

/*
 * A DHCP lease (RFC 2131), and the validation of a server's offer. The server is an untrusted host outside of the
 * cluster.
 */

export const lease = z.strictObject({
  /** In CIDR form. */
  address: field.storedCidr,
  /** The server identifier (option 54). */
  server: z.ipv4(),
  leaseSeconds: z.int(),
  /** Seconds until the client asks its server for an extension (T1), and until it asks any server (T2). */
  renewSeconds: z.int(),
  rebindSeconds: z.int(),
  /** Routes from the server, except default routes; only with `dhcp.routes`. */
  routes: z.array(leaseRoute).max(maxLeasedRoutes).optional(),
  /** The next hop for other destinations; only if a default route was asked for. */
  router: z.ipv4().optional(),
  /** RFC 3339, by the node's clock. */
  obtainedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

export type Lease = z.output<typeof lease>;

/** The fields of a lease that renewals don't change, for state, where every change appears as a difference. */
export type LeaseTerms = Omit<Lease, "obtainedAt" | "expiresAt">;

export function termsOf({ obtainedAt: _, expiresAt: __, ...terms }: Lease): LeaseTerms {
  return terms;
}

/** An event of the DHCP client, as its script prints it: one line of JSON. */
export const clientEvent = z.strictObject({
  event: z.string(),
  ...(Object.fromEntries(
    Object.entries(takenVariables).map(([name, longest]) => [name, z.string().max(longest).optional()]),
  ) as Record<keyof typeof takenVariables, z.ZodOptional<z.ZodString>>),
});

export type ClientEvent = z.output<typeof clientEvent>;

/**
 * Parses a line of the client's output. A line of our script that exceeds a limit becomes the event `unreadable`,
 * because the client now has a lease that nobody else knows. Undefined for the client's own messages.
 */
export function readClientEvent(line: string): ClientEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  const event = clientEvent.safeParse(parseJson(line));
  return event.success ? event.data : { event: "unreadable" };
}

/** udhcpc treats a shorter lease as one of this length. */
const minLeaseSeconds = 30;
/** LANs aren't larger; a mask of one bit would draw half of all traffic to the NIC. */
const minPrefixLength = 8;
/** Link-local addresses (RFC 3927): the node's DNS cache and a cloud's metadata service often have one. */
const linkLocal = "169.254.0.0/16";

/** Parses a server's lease, or returns why it is refused. `others` are the pod's other addresses, in CIDR form. */
export function readLease(
  event: ClientEvent,
  others: readonly string[],
  now: Date,
  asked: RoutesAsked = {},
): Lease | { refused: string } {
  const { ip = "", subnet = "", serverid = "", lease: seconds = "" } = event;
  if (!z.ipv4().safeParse(ip).success) return { refused: `${quote(ip)} is not an IPv4 address` };
  const prefix = z.ipv4().safeParse(subnet).success ? ipaddr.IPv4.parse(subnet).prefixLengthFromSubnetMask() : null;
  if (prefix === null) return { refused: `${quote(subnet)} is not a subnet mask` };
  if (prefix < minPrefixLength) return { refused: `a subnet of ${prefix} bits would draw the pod's other traffic` };
  const address = field.hostCidr.safeParse(`${ip}/${prefix}`);
  if (!address.success) return { refused: address.error.issues.map(({ message }) => message).join("; ") };
  const covered = others.find((other) => contains(address.data, other));
  if (covered !== undefined)
    return { refused: `subnet ${address.data} has the pod's own address ${covered} in it, and would draw its traffic` };
  const within = others.find((other) => isWithin(networkOf(address.data), other));
  if (within !== undefined)
    return {
      refused: `subnet ${address.data} is a part of the pod's own network ${within}, and would draw its traffic`,
    };
  if (overlaps(networkOf(address.data), linkLocal))
    return { refused: `subnet ${address.data} overlaps ${linkLocal}, where the node may have services of its own` };
  const clusters = asked.clusterNetworks?.find((network) => overlaps(networkOf(address.data), network));
  if (clusters !== undefined)
    return { refused: `subnet ${address.data} overlaps ${clusters} of the cluster, and would draw its traffic` };
  if (!z.ipv4().safeParse(serverid).success) return { refused: "the server doesn't say its own address" };
  const leaseSeconds = /^\d{1,10}$/.test(seconds) ? Number(seconds) : 0;
  if (leaseSeconds < minLeaseSeconds)
    return { refused: `a lease of ${leaseSeconds} s is shorter than ${minLeaseSeconds} s` };
  const leasedRoutes: LeasedRoutes | { refused: string } = readLeasedRoutes(event, asked, address.data, others);
  if ("refused" in leasedRoutes) return leasedRoutes;
  return {
    ...leasedRoutes,
    address: address.data,
    server: serverid,
    leaseSeconds,
    renewSeconds: Math.floor(leaseSeconds / 2),
    rebindSeconds: Math.floor((leaseSeconds * 7) / 8),
    obtainedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + leaseSeconds * 1000).toISOString(),
  };
}
