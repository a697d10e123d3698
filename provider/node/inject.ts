import { isVnicError, messageOf, VnicError } from "../base/errors.ts";
import { parentForm } from "../model/schema/fields.ts";
import { present } from "../model/schema/known.ts";
import type { Lease } from "../model/lease/lease.ts";
import type { ParentLink } from "../model/link/link-steps.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { InjectPlan, InjectResult } from "../model/wire/session-protocol.ts";
import { requireAgent } from "./agent-socket.ts";
import { judgeParent } from "./cluster-links.ts";
import { converge, canKeepLink } from "./converge.ts";
import { acquireLease, formerLease, giveUpLease } from "./lease.ts";
import { interfaceOf, type Link, listLinks } from "./link.ts";
import { ownLinks } from "./own-link.ts";
import { make, undoAfter } from "./make.ts";
import { refuseNodeAddresses } from "./node-addresses.ts";
import { netnsPath } from "./netns.ts";
import { readResourceFile, writeResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";
import { aside } from "./slots.ts";
import type { Report, RunStep } from "./step.ts";

/**
 * Brings the Vnic into the pod, from whatever an earlier run left: nothing, a link half-way, or the whole NIC. Each step
 * is on disk before it begins; what this run made is undone when a later step fails. Nothing is done in the pod until
 * `mayGoOn`.
 */
export async function inject(plan: InjectPlan, report: Report, mayGoOn: Promise<boolean>): Promise<InjectResult> {
  const { vnic, pod, ...definition } = plan;
  refuseNodeAddresses(plan.addresses);
  const [association] = await Promise.all([findSandbox(pod), plan.dhcp && requireAgent()]);
  let lease: Lease | undefined;
  const known = await readResourceFile(vnic.uid);
  // Former state of the existing link, until another one is made.
  const file: { link: ResourceFile["link"] } = { link: known?.link };
  const podNetns = { path: netnsPath(association.netns) };
  const steps: InjectResult["steps"] = [];
  // Asked while the link is made, and awaited before it leaves the node.
  let parentIsFit: Promise<void> = Promise.resolve();
  let allowed: boolean | undefined;
  const step: RunStep = async (name, work, { mtu = plan.mtu, link = file.link } = {}) => {
    file.link = link;
    if (name !== "creating") {
      allowed ??= await aside(() => mayGoOn);
      if (!allowed) throw new VnicError("refused", "the driver has withdrawn it");
      await parentIsFit;
    }
    const began = performance.now();
    report(name);
    const sized = { ...definition, ...(mtu === undefined ? {} : { mtu }) };
    // Probing changes nothing that a later run would have to know.
    if (name !== "probing")
      await writeResourceFile({ vnic, definition: sized, association, ...present({ lease, link }), step: name });
    await work();
    steps.push({ step: name, milliseconds: performance.now() - began });
  };

  lease = await formerLease(plan, known, known !== undefined && canKeepLink(known, plan, association));
  const blind = known === undefined && assumedParent(plan);
  if (blind) {
    parentIsFit = judgeParent(blind.parent);
    parentIsFit.catch(() => undefined);
  }
  let made = blind !== undefined && blind !== false && (await succeeds(make(plan, blind, association, step)));
  // What was made and undone is judged once more there, in the order of all that may be wrong.
  if (!made) parentIsFit = Promise.resolve();
  if (!made) made = await converge(plan, association, known, lease, step);
  const { dhcp } = plan;
  try {
    if (dhcp)
      await step("leasing", async () => {
        lease = await acquireLease(plan, dhcp, association, lease, known?.lease?.address).catch((error: unknown) => {
          throw made ? new VnicError("refused", messageOf(error)) : error;
        });
      });
    const live = await readBack(podNetns, plan);
    const { former } = file.link ?? {};
    await step("attached", async () => undefined, {
      mtu: plan.mtu ?? live.mtu,
      link: present({ index: live.index, former }),
    });
    return { interface: interfaceOf(live), association, ...(lease ? { lease } : {}), steps };
  } catch (error) {
    if (!made) throw error;
    if (dhcp) await giveUpLease(vnic.uid);
    await undoAfter(error, plan, podNetns, true);
    throw error;
  }
}

/**
 * What can be made without a look at the node: the kernel itself gives it all that it needs of its parent. Not what waits for
 * a router: it would wait twice.
 */
function assumedParent({ network: { mode, parent, vlan }, slaac }: InjectPlan): ParentLink | undefined {
  const inherits = mode !== "bridge" && mode !== "host-device";
  return inherits && !slaac && vlan === undefined && parentForm(parent) === "name" ? { parent } : undefined;
}

/**
 * Where no file says that anything was begun, as a rule nothing stands in the way: it is tried without a look around, which
 * would take a third of the time. Whatever did stand in the way is named by the try that looks first, as this one is undone;
 * but for a host that has the address, which it found out by itself.
 */
function succeeds(attempt: Promise<void>): Promise<boolean> {
  return attempt.then(
    () => true,
    (error: unknown) => {
      if (isVnicError(error, "conflict")) throw error;
      return false;
    },
  );
}

/** What is there now, rather than what was asked for. */
async function readBack(netns: { path: string }, { vnic: { uid }, network, interfaceName }: InjectPlan): Promise<Link> {
  const links = await listLinks(netns);
  const link = ownLinks(links, uid, { mode: network.mode }).find(({ name }) => name === interfaceName);
  if (!link)
    throw new VnicError("failed", `the link was gone from the pod's network namespace just after it was configured`);
  return link;
}
