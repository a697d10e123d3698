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
import { ipBatch, ipRows } from "./link.ts";
import type { Netns } from "./netns.ts";

const families: readonly Family[] = [4, 6];

interface Rows {
  readonly family: Family;
  readonly routes: RouteRow[];
  readonly rules: RuleRow[];
}

/** All routes and rules that are in a network namespace now. */
async function listRows(netns: Netns): Promise<Rows[]> {
  return Promise.all(
    families.map(async (family) => {
      const options = [`-${family}`, "-N", "-j"];
      const [routes, rules] = await Promise.all([
        ipRows<RouteRow>(netns, [...options, "route", "show", "table", "all", "proto", protocol]),
        ipRows<RuleRow>(netns, [...options, "rule", "show"]),
      ]);
      // By a protocol that it was asked for, ip leaves out the protocol itself.
      return { family, routes: routes.map((row) => ({ ...row, protocol })), rules };
    }),
  );
}

/** Lists the rows once for all Vnics of a pod that are observed at the same time. */
const listRowsTogether = coalesce(listRows);

/** Routes and rules of a Vnic that are in its pod. */
function entriesOf(rows: readonly Rows[], uid: string, device: string): Entry[] {
  return rows.flatMap(({ family, routes, rules }) => liveEntries(uid, device, family, routes, rules));
}

type Routed = Pick<InjectPlan, "vnic" | "interfaceName" | "addresses" | "routing">;

/** What of the routes and rules isn't as it is wanted, in words. */
export async function driftOfRouting(netns: Netns, plan: Routed): Promise<string[]> {
  return routingDrift(wantedEntries(plan), entriesOf(await listRowsTogether(netns), plan.vnic.uid, plan.interfaceName));
}

/** Makes of the routes and rules that are there those of the plan; without a plan's, none. */
export async function route(netns: Netns, plan: Routed): Promise<void> {
  const live = entriesOf(await listRows(netns), plan.vnic.uid, plan.interfaceName);
  const steps = routingSteps(wantedEntries(plan), live);
  for (const family of families) if (steps[family].length > 0) await ipBatch(netns, steps[family], [`-${family}`]);
}

/** Removes what of them would outlast the link: rules, and routes that are bound to no link. */
export function unroute(netns: Netns, uid: string): Promise<void> {
  // No link has this name: routes over the Vnic's own go with it.
  return route(netns, { vnic: { uid, namespace: "", name: "" }, interfaceName: "", addresses: [] });
}
