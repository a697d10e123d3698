import type { ObservePlan, ObserveResult } from "../model/session-protocol.ts";
import { listLinks, ownLink } from "./link.ts";
import { netnsPath } from "./netns.ts";
import { findSandbox } from "./sandbox.ts";

/** The NIC as it is in the pod now; without `interface` when it isn't there. */
export async function observe({ vnic, pod }: ObservePlan): Promise<ObserveResult> {
  const association = await findSandbox(pod);
  const link = ownLink(await listLinks({ path: netnsPath(association.netns) }), vnic.uid);
  if (!link) return { association };
  const { alias: _, ...live } = link;
  return { interface: live, association };
}
