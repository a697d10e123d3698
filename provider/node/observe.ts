import type { ObservePlan, ObserveResult } from "../model/session-protocol.ts";
import { isSamePlace } from "./sandbox.ts";
import { interfaceOf, listLinks, ownLink } from "./link.ts";
import { netnsPath } from "./netns.ts";
import { driftOfRouting } from "./routing.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";

/** The NIC as it is in the pod now, and what the node's own file knows of it. */
export async function observe({ vnic, pod }: ObservePlan): Promise<ObserveResult> {
  const association = await findSandbox(pod);
  const netns = { path: netnsPath(association.netns) };
  const [links, file] = await Promise.all([listLinks(netns), readResourceFile(vnic.uid)]);
  const known = file && isSamePlace(file.association, association) ? file : undefined;
  const link = ownLink(links, vnic.uid);
  const amiss = known?.definition.routing && link ? await driftOfRouting(netns, { ...known.definition, vnic }) : [];
  return {
    sandboxId: association.sandboxId,
    resourceFile: known !== undefined,
    ...(link ? { interface: interfaceOf(link) } : {}),
    ...(amiss.length === 0 ? {} : { routing: amiss }),
    ...(known?.lease ? { lease: known.lease } : {}),
    ...(known?.definition.mtu === undefined ? {} : { decidedMtu: known.definition.mtu }),
  };
}
