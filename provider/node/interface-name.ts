import { isVnicError, messageOf, VnicError } from "../base/errors.ts";
import { renameDownSteps, renameSteps, upSteps } from "../model/link/link-steps.ts";
import { transitLinkName } from "../model/names.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import { removeAltnames } from "./altnames.ts";
import { ipBatch, type Link, listLinks } from "./link.ts";
import type { Netns } from "./netns.ts";

/* The NIC's name in its pod: whether it is free, and how an existing NIC gets another one. */

/** Refuses a plan if one of the other links of its pod has the NIC's name, or the name under which the NIC arrives. */
export function refuseTakenName(plan: InjectPlan, others: readonly Link[]): void {
  const has = (wanted: string) =>
    others.some(({ name, altnames = [] }) => name === wanted || altnames.includes(wanted));
  if (has(plan.interfaceName)) throw takenError(plan);
  const transit = transitLinkName(plan.vnic.uid);
  if (has(transit))
    throw new VnicError(
      "refused",
      `${who(plan)} ${JSON.stringify(transit)}, which is the name under which this Vnic's link arrives; remove it`,
    );
}

function takenError(plan: InjectPlan): VnicError {
  const name = JSON.stringify(plan.interfaceName);
  return new VnicError(
    "refused",
    `interfaceName: ${who(plan)} ${name} already, and it isn't this Vnic's; choose another name`,
    { subject: { type: "interface" } },
  );
}

function who({ pod }: InjectPlan): string {
  return `pod ${pod.namespace}/${pod.name} has an interface`;
}

/**
 * Gives a link in the pod the plan's name, and returns the link as it is then. Nothing else of the link changes, except
 * on a kernel before 6.2: it renames no link that is up, so the link is down afterwards, without IPv6 addresses.
 */
export async function renameLink(pod: Netns, plan: InjectPlan, live: Link): Promise<Link> {
  const { interfaceName } = plan;
  if (live.name === interfaceName) return live;
  const { altnames = [] } = live;
  // The kernel refuses even an alternative name of the same link.
  if (altnames.includes(interfaceName))
    await removeAltnames(
      pod,
      live,
      altnames.filter((name) => name !== interfaceName),
    );
  try {
    await ipBatch(pod, renameSteps(live, interfaceName));
    return { ...live, name: interfaceName };
  } catch (error) {
    // The pod has taken the name since it was checked.
    if (isVnicError(error, "refused")) throw takenError(plan);
    if (!live.up || !/Device or resource busy/.test(messageOf(error))) throw error;
  }
  try {
    await ipBatch(pod, renameDownSteps(live, interfaceName));
  } catch (error) {
    // The error is more useful than that of this attempt; the next run restores what the link has lost.
    await ipBatch(pod, upSteps(live)).catch(() => undefined);
    throw new VnicError("failed", messageOf(error), { cause: error });
  }
  const renamed = (await listLinks(pod)).find(({ index }) => index === live.index);
  if (!renamed) throw new VnicError("failed", `the link was gone from the pod's network namespace after its renaming`);
  return renamed;
}
