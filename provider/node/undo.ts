import { messageOf, VnicError } from "../base/errors.ts";
import { transitLinkName } from "../model/names.ts";
import { sharesParent } from "../model/network/mode.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import { isHidden, mayHaveMovedLink } from "./hidden-link.ts";
import { deleteLink, type Link, listLinks } from "./link.ts";
import { type Netns, whileAlive } from "./netns.ts";
import { isMarked, isVnics, ownLinks } from "./own-link.ts";
import { isMade, removeLink } from "./remove.ts";
import { readResourceFile, removeResourceFile } from "./resource-file.ts";
import { unroute } from "./routing.ts";
import { deleteRest, madeByPod } from "./upper-links.ts";

/**
 * Removes the link that was made, after `error`.
 *
 * @param before The pod's links before the attempt.
 * @throws VnicError `failed`, with both reasons, if that fails. The resource file is left then, so that the next run
 * can remove the link.
 */
export async function undoAfter(
  error: unknown,
  plan: InjectPlan,
  pod: { path: string },
  configured: boolean,
  before: readonly Link[],
): Promise<void> {
  await undo(plan, pod, configured, before).catch((cause: unknown) => {
    const both = `${messageOf(error)}; and undoing it failed: ${messageOf(cause)}`;
    throw new VnicError("failed", both, { cause });
  });
}

async function undo(
  plan: InjectPlan,
  pod: { path: string },
  configured: boolean,
  before: readonly Link[],
): Promise<void> {
  const { uid } = plan.vnic;
  const known = await readResourceFile(uid);
  if (plan.routing && configured) await whileThere(known, () => unroute(pod, uid));
  await removeMade(plan, pod, known, configured, before);
  await removeResourceFile(uid);
}

/** Works in the pod, unless the pod has ended, or ends meanwhile: it takes along what it has. */
async function whileThere(known: ResourceFile | undefined, work: () => Promise<void>): Promise<void> {
  return known ? whileAlive(known.association, work, undefined) : work();
}

/**
 * Deletes the link that was just made, and no other: an existing NIC of this Vnic in the pod has the same alias. The
 * new link has the index in the resource file, whatever the pod has done to it. If the kernel had to choose another
 * index on a move, the link has its transit name, or its final name, which is then unique. A link is never created in
 * the pod with another index. There is never a second link for a device.
 */
async function removeMade(
  plan: InjectPlan,
  pod: Netns,
  known: ResourceFile | undefined,
  configured: boolean,
  before: readonly Link[],
): Promise<void> {
  const { vnic, network } = plan;
  if (network.mode === "host-device") {
    await removeLink({ uid: vnic.uid, known, association: known?.association });
    return;
  }
  if (!(await removeMadeIn("node", plan, known, configured)))
    await whileThere(known, () => removeMadeInPod(pod, plan, known, configured, before));
}

async function removeMadeInPod(
  pod: Netns,
  plan: InjectPlan,
  known: ResourceFile | undefined,
  configured: boolean,
  before: readonly Link[],
): Promise<void> {
  const isRemoved = await removeMadeIn(pod, plan, known, configured);
  // If resource files are lost, NICs of this and other Vnics may be there, and stay.
  const standing = before.filter(isVnics);
  const isStanding = ({ index }: Link) => standing.some((link) => link.index === index);
  if (sharesParent(plan.network.mode))
    await deleteRest(pod, async (podLinks) => (await madeByPod(podLinks, known)).filter((link) => !isStanding(link)));
  // It may have been another link that the pod has put in its place.
  if (!known || (isRemoved && !(await mayHaveMovedLink(known, pod)))) return;
  // As long as this Vnic's former NIC is up with its MAC, the new one isn't.
  const isFormer = (link: Link) => isStanding(link) && isMarked(link.alias, plan.vnic.uid);
  if ((await listLinks(pod)).some((link) => isFormer(link) && link.up && link.mac === plan.mac)) return;
  if (await isHidden(known, pod))
    throw new VnicError("failed", "the pod has taken the link to a network namespace that the node can't see");
}

async function removeMadeIn(
  netns: Netns,
  { vnic: { uid }, network: { mode }, interfaceName, placement }: InjectPlan,
  known: ResourceFile | undefined,
  configured: boolean,
): Promise<boolean> {
  const index = known?.link?.index;
  const own = ownLinks(await listLinks(netns), uid, { mode, index }).filter(isMade);
  const exact = own.find((link) => link.index === index);
  const waiting = own.find(({ name }) => name === transitLinkName(uid));
  const named = netns !== "node" && configured ? own.find(({ name }) => name === interfaceName) : undefined;
  const made = placement === "direct" ? exact : (exact ?? waiting ?? named);
  if (made) await deleteLink(netns, made);
  return made !== undefined;
}
