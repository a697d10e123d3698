import {
  liveEntries,
  type Entry,
  type Family,
  routingDrift,
  routingSteps,
  type RouteRow,
  type RuleRow,
  wantedEntries,
} from "../model/routing.ts";
import type { InjectPlan } from "../model/session-protocol.ts";
import { type Netns, runIn } from "./netns.ts";

const families: readonly Family[] = [4, 6];

/** The routes and rules of a Vnic that are in its pod now. */
async function listEntries(netns: Netns, uid: string, device: string): Promise<Entry[]> {
  const perFamily = await Promise.all(
    families.map(async (family) => {
      const [routes, rules] = await Promise.all(
        [
          ["route", "show", "table", "all"],
          ["rule", "show"],
        ].map((words) => runIn(netns, "ip", [`-${family}`, "-N", "-j", ...words])),
      );
      return liveEntries(uid, device, family, parse<RouteRow>(routes), parse<RuleRow>(rules));
    }),
  );
  return perFamily.flat();
}

type Routed = Pick<InjectPlan, "vnic" | "interfaceName" | "addresses" | "routing">;

/** What of the routes and rules isn't as it is wanted, in words. */
export async function driftOfRouting(netns: Netns, plan: Routed): Promise<string[]> {
  return routingDrift(wantedEntries(plan), await listEntries(netns, plan.vnic.uid, plan.interfaceName));
}

/** Makes of the routes and rules that are there those of the plan; without a plan's, none. */
export async function route(netns: Netns, plan: Routed): Promise<void> {
  const live = await listEntries(netns, plan.vnic.uid, plan.interfaceName);
  const steps = routingSteps(wantedEntries(plan), live);
  for (const family of families)
    if (steps[family].length > 0)
      await runIn(netns, "ip", [`-${family}`, "-batch", "-"], steps[family].map((line) => `${line}\n`).join(""));
}

/** Removes what of them would outlast the link: rules, and routes that are bound to no link. */
export function unroute(netns: Netns, uid: string): Promise<void> {
  // No link has this name: routes over the Vnic's own go with it.
  return route(netns, { vnic: { uid, namespace: "", name: "" }, interfaceName: "", addresses: [] });
}

/** `ip` prints nothing at all where there is nothing, as with IPv6 switched off. */
function parse<T>(json: string | undefined): T[] {
  return json?.trim() ? (JSON.parse(json) as T[]) : [];
}
