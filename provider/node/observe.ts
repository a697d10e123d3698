import { coalesce } from "../base/coalesce.ts";
import { withLease } from "../model/link/leased-plan.ts";
import type { ObservePlan, ObserveResult, SurveyResult } from "../model/wire/session-protocol.ts";
import { interfaceOf, listLinks } from "./link.ts";
import { ownLink, signOf } from "./own-link.ts";
import { netnsPath } from "./netns.ts";
import { driftOfRouting } from "./routing.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox, isSamePlace } from "./sandbox.ts";

/* What the Vnics of one pod have in common is read once for all who ask at that moment: most of the work is starting programs. */

const findSandboxTogether = coalesce(findSandbox);
const listLinksTogether = coalesce(listLinks);

/** The NIC as it is in the pod now, and what the node's own file knows of it. */
export async function observe({ vnic, pod }: ObservePlan): Promise<ObserveResult> {
  const association = await findSandboxTogether(pod);
  const netns = { path: netnsPath(association.netns) };
  const [file, links] = await Promise.all([readResourceFile(vnic.uid), listLinksTogether(netns)]);
  const known = file && isSamePlace(file.association, association) ? file : undefined;
  const link = ownLink(links, vnic.uid, signOf(known, association));
  const amiss =
    known?.definition.routing && link
      ? await driftOfRouting(netns, withLease({ ...known.definition, vnic }, known.lease))
      : [];
  return {
    sandboxId: association.sandboxId,
    resourceFile: known !== undefined,
    ...(link ? { interface: interfaceOf(link) } : {}),
    ...(amiss.length === 0 ? {} : { routing: amiss }),
    ...(known?.lease ? { lease: known.lease } : {}),
    ...(known?.definition.mtu === undefined ? {} : { decidedMtu: known.definition.mtu }),
  };
}

/** Many, as many of their pods at a time as `inTurn` lets; those that can't be observed are left out, and whoever asks for one alone is told why. */
export async function survey(
  plans: readonly ObservePlan[],
  inTurn: <T>(namespace: string, work: () => Promise<T>) => Promise<T>,
): Promise<SurveyResult> {
  const byPod = [...Map.groupBy(plans, ({ pod }) => pod.uid).values()];
  const seen: SurveyResult["seen"] = [];
  const look = (plan: ObservePlan) =>
    observe(plan).then(
      (as) => void seen.push({ uid: plan.vnic.uid, as }),
      () => undefined,
    );
  await Promise.all(byPod.map((those) => inTurn(those[0]?.pod.namespace ?? "", () => Promise.all(those.map(look)))));
  return { seen };
}
