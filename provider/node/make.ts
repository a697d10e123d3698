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
import { transitLinkName } from "../model/names.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { prepareIpBatch } from "./link.ts";
import { type Netns, netnsPath } from "./netns.ts";
import { probe } from "./probe.ts";
import { route } from "./routing.ts";
import { awaitAnnounced, settle, settlesLate } from "./settle.ts";
import { refuseUppers } from "./upper-links.ts";
import type { RunStep } from "./step.ts";
import { setSysctls } from "./sysctl.ts";
import { ensureTagged } from "./tagged-link.ts";
import { undoAfter } from "./undo.ts";

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
