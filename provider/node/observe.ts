import { coalesce } from "../base/coalesce.ts";
import { withLease } from "../model/link/leased-plan.ts";
import type { ObservePlan, ObserveResult, SurveyResult } from "../model/wire/session-protocol.ts";
import { interfaceOf, listLinks } from "./link.ts";
import { ownLink, knownLinkOf } from "./own-link.ts";
import { netnsPath } from "./netns.ts";
import { driftOfRouting } from "./routing.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox, isSameNetns } from "./sandbox.ts";

/*
 * Reads that the Vnics of one pod have in common are done once for all concurrent requests, because starting programs
 * takes most of the time.
 */

const findSandboxTogether = coalesce(findSandbox);
const listLinksTogether = coalesce(listLinks);

/** Reads the NIC in the pod and the node's resource file. */
export async function observe({ vnic, pod }: ObservePlan): Promise<ObserveResult> {
  const association = await findSandboxTogether(pod);
  const netns = { path: netnsPath(association.netns) };
  const [file, links] = await Promise.all([readResourceFile(vnic.uid), listLinksTogether(netns)]);
  const known = file && isSameNetns(file.association, association) ? file : undefined;
  const link = ownLink(links, vnic.uid, knownLinkOf(known, association));
  const differences =
    known?.definition.routing && link
      ? await driftOfRouting(netns, withLease({ ...known.definition, vnic }, known.lease))
      : [];
  return {
    sandboxId: association.sandboxId,
    resourceFile: known !== undefined,
    ...(link ? { interface: interfaceOf(link) } : {}),
    ...(differences.length === 0 ? {} : { routing: differences }),
    ...(known?.lease ? { lease: known.lease } : {}),
    ...(known?.definition.mtu === undefined ? {} : { decidedMtu: known.definition.mtu }),
  };
}

/**
 * Observes many Vnics, with the concurrency that `withSlot` allows. Vnics that can't be observed are left out;
 * observing one of them by itself gives the reason.
 */
export async function survey(
  plans: readonly ObservePlan[],
  withSlot: <T>(namespace: string, work: () => Promise<T>) => Promise<T>,
): Promise<SurveyResult> {
  const byPod = [...Map.groupBy(plans, ({ pod }) => pod.uid).values()];
  const seen: SurveyResult["seen"] = [];
  const look = (plan: ObservePlan) =>
    observe(plan).then(
      (as) => void seen.push({ uid: plan.vnic.uid, as }),
      () => undefined,
    );
  await Promise.all(byPod.map((those) => withSlot(those[0]?.pod.namespace ?? "", () => Promise.all(those.map(look)))));
  return { seen };
}
