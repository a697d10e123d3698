import {
  addressSteps,
  configureSteps,
  createSteps,
  firstSysctls,
  type ParentLink,
  moveSteps,
  bringUpSteps,
} from "../model/link/link-steps.ts";
import { transitLinkName } from "../model/names.ts";
import { sharesParent } from "../model/network/mode.ts";
import { guardPort } from "./bridge-port.ts";
import { withSysctls } from "./device-sysctls.ts";
import { chooseIndex } from "./link-index.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { type Batch, type Link, listLinks, prepareIpBatch, prepareListingBatch } from "./link.ts";
import { type Netns, netnsPath } from "./netns.ts";
import { probe } from "./probe.ts";
import { route } from "./routing.ts";
import { awaitAnnounced, settle, settlesLate } from "./settle.ts";
import { linksBefore, refuseUppers } from "./upper-links.ts";
import type { RunStep } from "./step.ts";
import { setSysctls } from "./sysctl.ts";
import { ensureTagged } from "./tagged-link.ts";
import { undoAfter } from "./undo.ts";

/** A link that was made. */
export interface Made {
  /** All links of the pod, as they are after the last change; undefined if they haven't been read since. */
  readonly podLinks?: readonly Link[];
  /** The pod's links before, if what the pod makes on the new link can outlive it; otherwise none. */
  readonly before: readonly Link[];
}

/**
 * Creates the link on the node and moves it into the pod, or creates it in the pod; configures it there. Undoes all of
 * this if a step fails.
 *
 * @param before The pod's links, if they were read.
 */
export async function make(
  plan: InjectPlan,
  parentLink: ParentLink,
  association: Association,
  step: RunStep,
  before?: readonly Link[],
): Promise<Made> {
  const { uid } = plan.vnic;
  const podNetns = { path: netnsPath(association.netns) };
  // Each `ip` process is started during the step before it, because its start takes as long as its commands.
  const prepared: Batch<unknown>[] = [];
  const started = <T>(batch: Batch<T>) => {
    prepared.push(batch);
    return batch;
  };
  const prepare = (netns: Netns) => started(prepareIpBatch(netns));
  // The last program in the pod also reads the result, unless it isn't complete yet.
  const isLast = !plan.routing && !plan.slaac && !plan.dhcp;
  const prepareLast = () =>
    started<readonly Link[] | undefined>(isLast ? prepareListingBatch(podNetns) : prepareIpBatch(podNetns));
  const configuresAtOnce = plan.duplicateAddressDetection === false && !settlesLate(plan);
  const isDirect = plan.placement === "direct";
  let configured = false;
  // What the pod has before is known and on disk before the link comes, because the pod may use the link at once.
  const beforeRead = sharesParent(plan.network.mode)
    ? Promise.resolve(before ?? listLinks(podNetns))
    : Promise.resolve([]);
  const besideRead = beforeRead.then((links) => linksBefore(uid, links, association));
  besideRead.catch(() => undefined);
  try {
    const create = prepare("node");
    const former = parentLink.former && withSysctls(parentLink.former);
    const index = chooseIndex();
    const atFirst = isDirect ? { index, beside: await besideRead } : { index };
    const created = step(
      "creating",
      async () => {
        await ensureTagged(plan.network);
        if (former) await refuseUppers(former, uid);
        await create(createSteps(plan, parentLink, index, isDirect ? podNetns.path : undefined));
        if (plan.network.mode === "bridge") await guardPort(plan);
      },
      { link: former ? { former } : atFirst },
    );
    let arrived = created;
    if (!isDirect) {
      const move = prepare("node");
      await created;
      const link = former ? { former } : { index, beside: await besideRead };
      arrived = step("moving", () => move(moveSteps(plan, podNetns.path)), { link });
    }
    const configure = configuresAtOnce ? prepareLast() : prepare(podNetns);
    await arrived;
    let podLinks: readonly Link[] | undefined;
    await step("configuring", async () => {
      await setSysctls(podNetns, firstSysctls(transitLinkName(uid), plan, plan.pod));
      configured = true;
      if (configuresAtOnce) podLinks = await configure(configureSteps(plan));
      else {
        await configure(bringUpSteps(plan));
        const address = prepareLast();
        await settle(plan, podNetns);
        await step("probing", () => probe(podNetns, plan, { addresses: [] }));
        podLinks = await address(addressSteps(plan));
      }
      if (plan.routing) await route(podNetns, plan);
      if (plan.slaac) await awaitAnnounced(podNetns, uid);
    });
    return { ...(podLinks ? { podLinks } : {}), before: await beforeRead };
  } catch (error) {
    await Promise.allSettled(prepared.map((batch) => batch([])));
    // If they can't be read, nothing has come into the pod.
    await undoAfter(error, plan, podNetns, configured, await beforeRead.catch(() => []));
    throw error;
  }
}
