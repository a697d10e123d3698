import { isVnicError, messageOf, VnicError } from "../base/errors.ts";
import { parentForm } from "../model/schema/fields.ts";
import { omitUndefined } from "../model/schema/known.ts";
import type { Lease } from "../model/lease/lease.ts";
import type { ParentLink } from "../model/link/link-steps.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { InjectPlan, InjectResult } from "../model/wire/session-protocol.ts";
import { requireAgent } from "./agent-socket.ts";
import { segmentOfAllowed } from "./cluster-links.ts";
import { converge, canKeepLink } from "./converge.ts";
import { acquireLease, formerLease, giveUpLease } from "./lease.ts";
import { mayHaveLink, interfaceOf, type Link, listLinks } from "./link.ts";
import { ownLinks } from "./own-link.ts";
import { linksBeside } from "./upper-links.ts";
import { make, type Made } from "./make.ts";
import { refuseNodeAddresses, refuseNodeMac } from "./node-addresses.ts";
import { netnsPath } from "./netns.ts";
import { refuseImpossibleChange } from "./possible-change.ts";
import { readResourceFile, writeResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";
import { refuseUnclaimed } from "./segment.ts";
import { withoutSlot } from "./slots.ts";
import type { Report, RunStep } from "./step.ts";
import { undoAfter } from "./undo.ts";

/**
 * Injects the Vnic from any state that an earlier run left: nothing, a link half-way, or the complete NIC. Each step
 * is written to disk before it begins. If a step fails, what this run made is undone. Nothing is changed in the pod
 * until `mayProceed` resolves.
 */
export async function inject(plan: InjectPlan, report: Report, mayProceed: Promise<boolean>): Promise<InjectResult> {
  const { vnic, pod, segments: _, ...definition } = plan;
  refuseNodeAddresses(plan.addresses);
  refuseNodeMac(plan);
  const [association] = await Promise.all([findSandbox(pod), plan.dhcp && requireAgent()]);
  let lease: Lease | undefined;
  const known = await readResourceFile(vnic.uid);
  // Former state of the existing device, until a new link is made.
  const file: { link: ResourceFile["link"] } = { link: known?.link };
  const podNetns = { path: netnsPath(association.netns) };
  const steps: InjectResult["steps"] = [];
  // Runs while the link is made on the node, and is awaited before the link comes into the pod.
  let parentIsAllowed: Promise<void> = Promise.resolve();
  let allowed: boolean | undefined;
  const untilAllowed = async () => {
    allowed ??= await withoutSlot(() => mayProceed);
    if (!allowed) throw new VnicError("refused", "the driver has withdrawn the request");
    await parentIsAllowed;
  };
  const step: RunStep = async (name, work, { mtu = plan.mtu, link = file.link } = {}) => {
    file.link = link;
    if (name !== "creating") await untilAllowed();
    const began = performance.now();
    report(name);
    const sized = { ...definition, ...(mtu === undefined ? {} : { mtu }) };
    // Probing changes nothing, so a later run needn't know about this step.
    if (name !== "probing")
      await writeResourceFile({ vnic, definition: sized, association, ...omitUndefined({ lease, link }), step: name });
    if (name === "creating" && plan.placement === "direct") await untilAllowed();
    await work();
    steps.push({ step: name, milliseconds: performance.now() - began });
  };

  if (known) await refuseImpossibleChange(plan, association, known);
  lease = await formerLease(plan, known, known !== undefined && canKeepLink(known, plan, association));
  const assumed = known ? undefined : assumedParent(plan);
  if (assumed) {
    parentIsAllowed = segmentOfAllowed(assumed.parent, vnic.namespace).then((segment) => {
      if (segment !== undefined) refuseUnclaimed(segment, plan);
    });
    parentIsAllowed.catch(() => undefined);
  }
  let made = assumed && (await unlessItFails(vnic.uid, make(plan, assumed, association, step)));
  if (!made) {
    // After an undone attempt, `converge` checks the parent itself, in its own order of errors.
    parentIsAllowed = Promise.resolve();
    made = await converge(plan, association, known, lease, step);
  }
  const { dhcp } = plan;
  try {
    if (dhcp)
      await step("leasing", async () => {
        lease = await acquireLease(plan, dhcp, association, lease, known?.lease?.address).catch((error: unknown) => {
          throw made ? new VnicError("refused", messageOf(error)) : error;
        });
      });
    const { live, links } = await readBack(podNetns, plan, made?.podLinks);
    const { former, beside } = made || (known && canKeepLink(known, plan, association)) ? (file.link ?? {}) : {};
    await step("attached", async () => undefined, {
      mtu: plan.mtu ?? live.mtu,
      link: omitUndefined({ index: live.index, former, beside: beside ?? linksBeside(live, links) }),
    });
    return { interface: interfaceOf(live), association, ...(lease ? { lease } : {}), steps };
  } catch (error) {
    if (!made) throw error;
    // Even if this fails, the link must be removed.
    if (dhcp) await giveUpLease(vnic.uid).catch((failed: unknown) => console.error(messageOf(failed)));
    await undoAfter(error, plan, podNetns, true, made.before);
    throw error;
  }
}

/**
 * The parent link, if it exists and the kernel needs no more than its name. Not used with SLAAC, because a failed
 * attempt would wait for a router twice.
 */
function assumedParent({ network: { mode, parent, vlan }, slaac }: InjectPlan): ParentLink | undefined {
  const inherits = mode !== "bridge" && mode !== "host-device";
  const isEnough = inherits && !slaac && vlan === undefined && parentForm(parent) === "name";
  return isEnough && mayHaveLink(parent) ? { parent } : undefined;
}

/**
 * The result of the first attempt; undefined if it failed. The first attempt doesn't read the node's links, which saves a third of
 * the time if there is no resource file yet. After a failure it is undone, and the second attempt finds the cause. An
 * address conflict is final, and so is a failure whose undoing failed: the resource file is then still there.
 */
function unlessItFails(uid: string, attempt: Promise<Made>): Promise<Made | undefined> {
  return attempt.catch(async (error: unknown) => {
    if (isVnicError(error, "conflict") || (await readResourceFile(uid))) throw error;
    return undefined;
  });
}

/** The actual state of the NIC, and of all links of the pod, which are read unless they were. */
async function readBack(
  netns: { path: string },
  { vnic: { uid }, network, interfaceName }: InjectPlan,
  podLinks: readonly Link[] | undefined,
): Promise<{ readonly live: Link; readonly links: readonly Link[] }> {
  const links = podLinks ?? (await listLinks(netns));
  const live = ownLinks(links, uid, { mode: network.mode }).find(({ name }) => name === interfaceName);
  if (!live)
    throw new VnicError("failed", `the link was gone from the pod's network namespace just after it was configured`);
  return { live, links };
}
