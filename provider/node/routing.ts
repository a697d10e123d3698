import type { Family } from "../base/address.ts";
import { coalesce } from "../base/coalesce.ts";
import {
  liveEntries,
  protocol,
  type Entry,
  routingDrift,
  routingSteps,
  type RouteRow,
  type RuleRow,
  wantedEntries,
} from "../model/link/routing.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import { deleteEntries, ipBatch, ipRows } from "./link.ts";
import type { Netns } from "./netns.ts";

const families: readonly Family[] = [4, 6];

interface Rows {
  readonly family: Family;
  readonly routes: RouteRow[];
  readonly rules: RuleRow[];
}

/** Lists all routes and rules in a network namespace. */
async function listRows(netns: Netns): Promise<Rows[]> {
  return Promise.all(
    families.map(async (family) => {
      const options = [`-${family}`, "-N", "-j"];
      const [routes, rules] = await Promise.all([
        ipRows<RouteRow>(netns, [...options, "route", "show", "table", "all", "proto", protocol]),
        ipRows<RuleRow>(netns, [...options, "rule", "show"]),
      ]);
      // `ip` leaves the protocol out of the output if it filters by it.
      return { family, routes: routes.map((row) => ({ ...row, protocol })), rules };
    }),
  );
}

/** Lists the rows once for all Vnics of a pod that are observed at the same time. */
const listRowsTogether = coalesce(listRows);

/** The Vnic's routes and rules in its pod. */
function entriesOf(rows: readonly Rows[], uid: string, device: string): Entry[] {
  return rows.flatMap(({ family, routes, rules }) => liveEntries(uid, device, family, routes, rules));
}

type Routed = Pick<InjectPlan, "vnic" | "interfaceName" | "addresses" | "routing">;

/** Describes in words how routes and rules differ from the plan. */
export async function driftOfRouting(netns: Netns, plan: Routed): Promise<string[]> {
  return routingDrift(wantedEntries(plan), entriesOf(await listRowsTogether(netns), plan.vnic.uid, plan.interfaceName));
}

/** Changes the existing routes and rules to the plan's; removes all if the plan has none. */
export async function route(netns: Netns, plan: Routed): Promise<void> {
  const live = entriesOf(await listRows(netns), plan.vnic.uid, plan.interfaceName);
  const steps = routingSteps(wantedEntries(plan), live);
  for (const family of families) if (steps[family].length > 0) await ipBatch(netns, steps[family], [`-${family}`]);
}

/**
 * Removes what would stay after the link is gone: rules, and routes without a link. A pod may have put routes of its own
 * into the Vnic's tables, of kinds that the kernel finds only by more than we know of them, such as those with a type of
 * service or a nexthop object. These stay.
 */
export async function unroute(netns: Netns, uid: string): Promise<void> {
  // No link has this name, and the kernel removes routes over the Vnic's link together with the link.
  const steps = routingSteps([], entriesOf(await listRows(netns), uid, ""));
  for (const family of families) await deleteEntries(netns, steps[family], [`-${family}`]);
}
