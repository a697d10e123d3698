import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { canKeepLink, feasibleMtu, findArrived, refuseParent } from "./converge.ts";
import { refuseTakenName } from "./interface-name.ts";
import { listLinks } from "./link.ts";
import { netnsPath } from "./netns.ts";
import { resolveParent } from "./parent-link.ts";
import { isSameNetns } from "./sandbox.ts";
import { refuseUnclaimed, segmentOn } from "./segment.ts";

/**
 * Refuses a change of an existing NIC that is impossible, before anything of the NIC is touched: a name that another link
 * of the pod has, and, for a NIC that must be made anew, a parent that can't be used.
 */
export async function refuseImpossibleChange(
  plan: InjectPlan,
  association: Association,
  known: ResourceFile,
): Promise<void> {
  const { interfaceName, network } = known.definition;
  const isKept = canKeepLink(known, plan, association);
  if (!isSameNetns(known.association, association) || (isKept && interfaceName === plan.interfaceName)) return;
  const [nodeLinks, podLinks] = await Promise.all([
    listLinks("node"),
    listLinks({ path: netnsPath(association.netns) }),
  ]);
  const own = findArrived({ ...plan, network }, association, known, podLinks, nodeLinks);
  refuseTakenName(
    plan,
    podLinks.filter((link) => link !== own),
  );
  // A device that is in the pod can't be found on the node, where it may be the next parent.
  if (isKept || network.mode === "host-device") return;
  feasibleMtu(plan, resolveParent(plan.network, nodeLinks));
  await refuseParent(plan, nodeLinks);
  refuseUnclaimed(segmentOn(plan.network, nodeLinks), plan);
}
