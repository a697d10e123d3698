import { withLease } from "../model/lease-routes.ts";
import type { ObservePlan, ObserveResult } from "../model/session-protocol.ts";
import { findLinkByName } from "./link-by-name.ts";
import { interfaceOf, isMarked, listLinks, ownLink } from "./link.ts";
import { netnsPath } from "./netns.ts";
import { driftOfRouting } from "./routing.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox, isSamePlace } from "./sandbox.ts";

/** The NIC as it is in the pod now, and what the node's own file knows of it. */
export async function observe({ vnic, pod }: ObservePlan): Promise<ObserveResult> {
  const association = await findSandbox(pod);
  const netns = { path: netnsPath(association.netns) };
  const file = await readResourceFile(vnic.uid);
  const known = file && isSamePlace(file.association, association) ? file : undefined;
  const named = known && (await findLinkByName(association, known.definition.interfaceName));
  // It may have been renamed, or another one may have its name.
  const link = named && isMarked(named.alias, vnic.uid) ? named : ownLink(await listLinks(netns), vnic.uid);
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
