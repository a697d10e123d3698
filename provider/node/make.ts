import {
  addressSteps,
  configureSteps,
  createSteps,
  type ParentLink,
  moveSteps,
  bringUpSteps,
  sysctls,
} from "../model/link/link-steps.ts";
import { randomInt } from "node:crypto";
import { messageOf, VnicError } from "../base/errors.ts";
import { transitLinkName } from "../model/names.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { isHidden } from "./hidden-link.ts";
import { deleteLink, listLinks, prepareIpBatch } from "./link.ts";
import { ownLinks } from "./own-link.ts";
import { type Netns, netnsPath } from "./netns.ts";
import { probe } from "./probe.ts";
import { isMade, removeLink } from "./remove.ts";
import { readResourceFile, removeResourceFile } from "./resource-file.ts";
import { route, unroute } from "./routing.ts";
import { awaitAnnounced, settle, settlesLate } from "./settle.ts";
import { refuseUppers } from "./upper-links.ts";
import type { RunStep } from "./step.ts";
import { setSysctls } from "./sysctl.ts";
import { ensureTagged } from "./tagged-link.ts";

/**
 * Range of the links' interface indexes. They are chosen at random before the link is made, so that the resource file
 * has the index when the link comes into the pod, and no pod can have created a link with that index in advance.
 */
const indexes = [2 ** 24, 2 ** 31 - 1] as const;

/**
 * Creates the link on the node and moves it into the pod, or creates it in the pod; configures it there. Undoes all of
 * this if a step fails.
 */
export async function make(
  plan: InjectPlan,
  parentLink: ParentLink,
  association: Association,
  step: RunStep,
): Promise<void> {
  const { uid } = plan.vnic;
  const podNetns = { path: netnsPath(association.netns) };
  // Each `ip` process is started during the step before it, because its start takes as long as its commands.
  const prepared: ReturnType<typeof prepareIpBatch>[] = [];
  const prepare = (netns: Netns) => {
    const batch = prepareIpBatch(netns);
    prepared.push(batch);
    return batch;
  };
  const isDirect = plan.placement === "direct";
  let configured = false;
  try {
    const create = prepare("node");
    const { former } = parentLink;
    const index = randomInt(...indexes);
    const created = step(
      "creating",
      async () => {
        await ensureTagged(plan.network);
        if (former) await refuseUppers(former, uid);
        await create(createSteps(plan, parentLink, index, isDirect ? podNetns.path : undefined));
      },
      { link: former ? { former } : { index } },
    );
    let arrived = created;
    if (!isDirect) {
      const move = prepare("node");
      await created;
      arrived = step("moving", () => move(moveSteps(plan, podNetns.path)));
    }
    const configure = prepare(podNetns);
    await arrived;
    await step("configuring", async () => {
      await setSysctls(podNetns, sysctls(transitLinkName(uid), plan));
      configured = true;
      const configuresAtOnce = plan.duplicateAddressDetection === false && !settlesLate(plan);
      await configure(configuresAtOnce ? configureSteps(plan) : bringUpSteps(plan));
      if (!configuresAtOnce) {
        const address = prepare(podNetns);
        await settle(plan, podNetns);
        await step("probing", () => probe(podNetns, plan, { addresses: [] }));
        await address(addressSteps(plan));
      }
      if (plan.routing) await route(podNetns, plan);
      if (plan.slaac) await awaitAnnounced(podNetns, uid);
    });
  } catch (error) {
    await Promise.allSettled(prepared.map((batch) => batch([])));
    await undoAfter(error, plan, podNetns, configured);
    throw error;
  }
}

/**
 * Removes the link that was made, after `error`.
 *
 * @throws VnicError `failed`, with both reasons, if that fails. The resource file is left then, so that the next run
 * can remove the link.
 */
export async function undoAfter(
  error: unknown,
  plan: InjectPlan,
  pod: { path: string },
  configured: boolean,
): Promise<void> {
  await undo(plan, pod, configured).catch((cause: unknown) => {
    const both = `${messageOf(error)}; and undoing it failed: ${messageOf(cause)}`;
    throw new VnicError("failed", both, { cause });
  });
}

async function undo(plan: InjectPlan, pod: { path: string }, configured: boolean): Promise<void> {
  const { uid } = plan.vnic;
  if (plan.routing && configured) await unroute(pod, uid);
  await removeMade(plan, pod, configured);
  await removeResourceFile(uid);
}

/**
 * Deletes the link that was just made, and no other: an existing NIC of this Vnic in the pod has the same alias. The
 * new link has the index in the resource file, whatever the pod has done to it. If the kernel had to choose another
 * index on a move, the link has its transit name, or its final name, which is then unique. A link is never created in
 * the pod with another index. There is never a second link for a device.
 */
async function removeMade(plan: InjectPlan, pod: Netns, configured: boolean): Promise<void> {
  const { network, interfaceName, placement } = plan;
  const { uid } = plan.vnic;
  const known = await readResourceFile(uid);
  if (network.mode === "host-device") {
    await removeLink({ uid, known, association: known?.association });
    return;
  }
  const index = known?.link?.index;
  for (const netns of ["node", pod] as const) {
    const own = ownLinks(await listLinks(netns), uid, { mode: network.mode, index }).filter(isMade);
    const exact = own.find((link) => link.index === index);
    const waiting = own.find(({ name }) => name === transitLinkName(uid));
    const named = netns === pod && configured ? own.find(({ name }) => name === interfaceName) : undefined;
    const made = placement === "direct" ? exact : (exact ?? waiting ?? named);
    if (!made) continue;
    await deleteLink(netns, made);
    return;
  }
  if (known && (await isHidden(known, pod)))
    throw new VnicError("failed", "the pod has taken the link to a network namespace that the node can't see");
}
