import { familyOf } from "../../base/address.ts";
import type { LeasedRoutes } from "../lease/routes.ts";
import type { InjectPlan } from "../wire/session-protocol.ts";

type Routed = Pick<InjectPlan, "addresses" | "dhcp" | "routing">;

/** Adds a lease to a plan: the address, the routes, and the router as gateway unless the plan has an IPv4 gateway. */
export function withLease<P extends Routed>(
  plan: P,
  lease: ({ readonly address: string } & LeasedRoutes) | undefined,
): P {
  if (!lease) return plan;
  const { routing, dhcp } = plan;
  const addresses = [...new Set([...plan.addresses, lease.address])];
  // An earlier lease may have routes that aren't wanted any more.
  if (!routing || !dhcp?.routes) return { ...plan, addresses };
  const added = (lease.routes ?? []).filter(({ to }) => !routing.routes.some((route) => route.to === to));
  const hasRouter = routing.gateways.some((gateway) => familyOf(gateway) === 4);
  const routers = lease.router !== undefined && !hasRouter ? [lease.router] : [];
  const gateways = [...routing.gateways, ...routers];
  return { ...plan, addresses, routing: { ...routing, routes: [...routing.routes, ...added], gateways } };
}
