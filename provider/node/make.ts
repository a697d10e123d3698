import {
  addressSteps,
  configureSteps,
  createSteps,
  type ParentLink,
  moveSteps,
  bringUpSteps,
  sysctls,
} from "../model/link/link-steps.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import { transitLinkName } from "../model/names.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { deleteLink, listLinks, prepareIpBatch } from "./link.ts";
import { ownLinks } from "./own-link.ts";
import { type Netns, netnsPath } from "./netns.ts";
import { probe } from "./probe.ts";
import { isMade, removeLink } from "./remove.ts";
import { readResourceFile, removeResourceFile } from "./resource-file.ts";
import { route, unroute } from "./routing.ts";
import { awaitAnnounced, settle, settlesLate } from "./settle.ts";
import type { RunStep } from "./step.ts";
import { setSysctls } from "./sysctl.ts";
import { ensureTagged } from "./tagged-link.ts";

/** Creates the link on the node, moves it into the pod and configures it there; undoes all of it if a step fails. */
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
  let configured = false;
  try {
    const create = prepare("node");
    const { former } = parentLink;
    const created = step(
      "creating",
      async () => {
        await ensureTagged(plan.network);
        await create(createSteps(plan, parentLink));
      },
      { link: former ? { former } : {} },
    );
    const move = prepare("node");
    await created;
    const moved = step("moving", () => move(moveSteps(plan, podNetns.path)));
    const configure = prepare(podNetns);
    await moved;
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
 * Takes away what was made, after `error`.
 *
 * @throws VnicError `failed`, with both reasons, if that fails: the resource file is left, and with it the next run can do it.
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
 * new link still has its transit name, or its final name, which is then unique. A device has no such twin.
 */
async function removeMade({ vnic: { uid }, network, interfaceName }: InjectPlan, pod: Netns, configured: boolean) {
  if (network.mode === "host-device") {
    const known = await readResourceFile(uid);
    await removeLink({ uid, known, association: known?.association });
    return;
  }
  for (const netns of ["node", pod] as const) {
    const own = ownLinks(await listLinks(netns), uid, { mode: network.mode }).filter(isMade);
    const waiting = own.find(({ name }) => name === transitLinkName(uid));
    const named = netns === pod && configured ? own.find(({ name }) => name === interfaceName) : undefined;
    const made = waiting ?? named;
    if (made) await deleteLink(netns, made);
  }
}
