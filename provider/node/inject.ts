import { isDeepStrictEqual } from "node:util";
import { isVnicError, messageOf, VnicError } from "../model/errors.ts";
import type { Lease } from "../model/lease.ts";
import {
  configureSteps,
  convergeSteps,
  createSteps,
  formerOf,
  type Ground,
  addressSteps,
  moveSteps,
  plugSteps,
  riseSteps,
  sysctls,
} from "../model/link-steps.ts";
import { parentForm } from "../model/fields.ts";
import { hostSideName, transitLinkName } from "../model/names.ts";
import type { injectionSteps, ResourceFile } from "../model/resource-file.ts";
import type { Association, InjectPlan, InjectResult, Interface } from "../model/session-protocol.ts";
import { requireAgent } from "./agent-socket.ts";
import { findGround } from "./ground.ts";
import { acquireLease, formerLease, giveUpLease } from "./lease.ts";
import { interfaceOf, ipBatch, isMarked, type Link, listLinks, ownLink, prepareIpBatch } from "./link.ts";
import { type Netns, netnsPath } from "./netns.ts";
import { refuseTaken } from "./probe.ts";
import { removeLink, takeAway } from "./remove.ts";
import { readResourceFile, removeResourceFile, writeResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";
import { route, unroute } from "./routing.ts";
import { settle, settlesLate } from "./settle.ts";
import { setSysctls } from "./sysctl.ts";
import { ensureTagged } from "./tagged-link.ts";

export type Report = (step: string) => void;

/**
 * Brings the Vnic into the pod, from whatever an earlier run left: nothing, a link half-way, or the whole NIC. Each step
 * is on disk before it begins; what this run made is undone when a later step fails. Nothing is done in the pod until
 * `mayGoOn`.
 */
export async function inject(plan: InjectPlan, report: Report, mayGoOn: Promise<boolean>): Promise<InjectResult> {
  const { vnic, pod, ...definition } = plan;
  const [association] = await Promise.all([findSandbox(pod), plan.dhcp && requireAgent()]);
  let lease: Lease | undefined;
  const podNetns = { path: netnsPath(association.netns) };
  const steps: InjectResult["steps"] = [];
  const step: RunStep = async (name, work, mtu = plan.mtu) => {
    if (name !== "creating" && !(await mayGoOn)) throw refusal("the driver has withdrawn it");
    const began = performance.now();
    report(name);
    const sized = { ...definition, ...(mtu === undefined ? {} : { mtu }) };
    // Probing changes nothing that a later run would have to know.
    if (name !== "probing")
      await writeResourceFile({ vnic, definition: sized, association, ...(lease ? { lease } : {}), step: name });
    await work();
    steps.push({ step: name, milliseconds: performance.now() - began });
  };

  const known = await readResourceFile(vnic.uid);
  lease = await formerLease(plan, known, known !== undefined && stays(known, plan, association));
  const blind = known === undefined && groundUnseen(plan);
  let made = blind !== undefined && blind !== false && (await succeeds(make(plan, blind, association, step)));
  if (!made) made = await converge(plan, association, known, lease, step);
  const { dhcp } = plan;
  if (dhcp)
    await step("leasing", async () => {
      try {
        lease = await acquireLease(plan, dhcp, association, lease, known?.lease?.address);
      } catch (error) {
        if (!made) throw error;
        await giveUpLease(vnic.uid);
        await undo(plan, podNetns, true);
        throw refusal(messageOf(error));
      }
    });

  const live = await readBack(podNetns, vnic.uid);
  await step("attached", async () => undefined, plan.mtu ?? live.mtu);
  return { interface: live, association, ...(lease ? { lease } : {}), steps };
}

type RunStep = (
  name: (typeof injectionSteps)[number] | "probing",
  work: () => Promise<void>,
  mtu?: number,
) => Promise<void>;

/** What can be made without a look at the node: the kernel itself gives it all that it needs of its parent. */
function groundUnseen({ network: { mode, parent, vlan } }: InjectPlan): Ground | undefined {
  const inherits = mode !== "bridge" && mode !== "host-device";
  return inherits && vlan === undefined && parentForm(parent) === "name" ? { parent } : undefined;
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

/** Looks what is there, and makes of it what the plan says; refuses what can't be. Answers whether it made the link. */
async function converge(
  asked: InjectPlan,
  association: Association,
  known: ResourceFile | undefined,
  lease: Lease | undefined,
  step: RunStep,
): Promise<boolean> {
  const plan = lease ? { ...asked, addresses: [...asked.addresses, lease.address] } : asked;
  const {
    vnic: { uid },
    network,
  } = plan;
  const podNetns = { path: netnsPath(association.netns) };
  if (known && !stays(known, plan, association))
    await removeLink(uid, known.association, known.definition.routing !== undefined);

  const [nodeLinks, podLinks] = await Promise.all([cleared(uid), listLinks(podNetns)]);
  const arrived = ownLink(podLinks, uid);
  refuseTakenName(
    plan,
    podLinks.filter((link) => link !== arrived),
  );
  // A device that is in the pod already is on the node no more.
  const former = formerOf(arrived?.alias);
  const ground = former ? { parent: former.name, former } : findGround(plan.network, nodeLinks);
  if (arrived) {
    const sized = { ...plan, mtu: feasibleMtu(plan, ground) };
    const nodeEnd = nodeLinks.find(({ name }) => name === hostSideName(uid));
    // Asked before anything is changed, unless the link must come up for it.
    if (arrived.up) await step("probing", () => probeStanding(podNetns, plan, arrived));
    await step("configuring", async () => {
      await setSysctls(podNetns, sysctls(arrived.name, plan.addresses));
      let standing = arrived;
      if (!arrived.up) {
        await ipBatch(podNetns, convergeSteps({ ...sized, addresses: arrived.addresses }, arrived));
        standing = { ...arrived, name: plan.interfaceName, mtu: sized.mtu, mac: plan.mac, up: true };
        await probe(podNetns, plan, standing);
      }
      await ipBatch(podNetns, convergeSteps(sized, standing));
      if (network.mode === "bridge" && nodeEnd?.master !== ground.parent)
        await ipBatch("node", plugSteps(uid, ground.parent));
      if (plan.routing ?? known?.definition.routing) await route(podNetns, plan);
    });
    return false;
  }
  feasibleMtu(plan, ground);
  await make(asked, ground, association, step);
  return true;
}

/** Whether the link can be the one of last time: in the same namespace of the pod, on the same network. */
function stays(known: ResourceFile, plan: InjectPlan, association: Association): boolean {
  return isSamePlace(known.association, association) && isDeepStrictEqual(known.definition.network, plan.network);
}

/**
 * The node's links, without ours: one left there under its transit name has an unknown share of its attributes, and making
 * it again costs 0.2 ms.
 */
async function cleared(uid: string): Promise<Link[]> {
  const links = await listLinks("node");
  const left = ownLink(links, uid);
  if (!left) return links;
  await takeAway("node", left, uid);
  return listLinks("node");
}

/** Makes the link on the node, moves it into the pod and sets it up there; undoes all of it when a step fails. */
async function make(plan: InjectPlan, ground: Ground, association: Association, step: RunStep): Promise<void> {
  const { uid } = plan.vnic;
  const podNetns = { path: netnsPath(association.netns) };
  // Each program is started while the step before it is at work, and waits for its lines: they take no longer than its start.
  const prepared: ReturnType<typeof prepareIpBatch>[] = [];
  const prepare = (netns: Netns) => {
    const batch = prepareIpBatch(netns);
    prepared.push(batch);
    return batch;
  };
  let configured = false;
  try {
    const create = prepare("node");
    const created = step("creating", async () => {
      await ensureTagged(plan.network);
      await create(createSteps(plan, ground));
    });
    const move = prepare("node");
    await created;
    const moved = step("moving", () => move(moveSteps(plan, podNetns.path)));
    const configure = prepare(podNetns);
    await moved;
    await step("configuring", async () => {
      await setSysctls(podNetns, sysctls(transitLinkName(uid), plan.addresses));
      configured = true;
      const atOnce = plan.duplicateAddressDetection === false && !settlesLate(plan);
      await configure(atOnce ? configureSteps(plan) : riseSteps(plan));
      if (atOnce) return plan.routing && route(podNetns, plan);
      const address = prepare(podNetns);
      await settle(plan, podNetns);
      await step("probing", () => probe(podNetns, plan, { addresses: [] }));
      await address(addressSteps(plan));
      if (plan.routing) await route(podNetns, plan);
    });
  } catch (error) {
    await Promise.allSettled(prepared.map((batch) => batch([])));
    await undo(plan, podNetns, configured);
    throw error;
  }
}

async function undo(plan: InjectPlan, pod: { path: string }, configured: boolean): Promise<void> {
  const { uid } = plan.vnic;
  if (plan.routing && configured) await unroute(pod, uid);
  await removeMade(plan, pod, configured);
  await removeResourceFile(uid);
}

/**
 * Takes away the link that was just made, and no other: a NIC of this Vnic that was in the pod all the while bears the same
 * mark. It has its transit name, unless it was given its own, which nobody else can have had then; a device has no twin.
 */
async function removeMade({ vnic: { uid }, network, interfaceName }: InjectPlan, pod: Netns, configured: boolean) {
  const transit = transitLinkName(uid);
  for (const place of ["node", pod] as const) {
    const links = await listLinks(place);
    const waiting = links.find(({ name }) => name === transit);
    const named = place === pod && configured ? links.find(({ name }) => name === interfaceName) : undefined;
    const device = network.mode === "host-device" ? ownLink(links, uid) : undefined;
    const made = waiting ?? (isMarked(named?.alias, uid) ? named : device);
    if (made) await takeAway(place, made, uid);
  }
}

/** The MTU decided: the one asked for, if the parent has room for it, or the parent's. A device's limit its driver knows. */
function feasibleMtu({ mtu, network }: InjectPlan, { parent, mtu: most, former }: Ground): number {
  const roomy = most ?? former?.mtu ?? 0;
  if (mtu !== undefined && mtu > roomy && network.mode !== "host-device")
    throw refusal(`mtu: ${mtu} is above ${roomy}, the MTU of ${parent} on the node`);
  return mtu ?? roomy;
}

function refuseTakenName({ interfaceName, pod }: InjectPlan, foreignPodLinks: Link[]): void {
  if (foreignPodLinks.some((link) => link.name === interfaceName))
    throw refusal(
      `interfaceName: pod ${pod.namespace}/${pod.name} has an interface ${JSON.stringify(interfaceName)} already, and it isn't this Vnic's; choose another name`,
    );
}

/** Asks who else has the addresses that the link has not yet, unless that was switched off. */
async function probe(netns: Netns, plan: InjectPlan, live: Pick<Interface, "addresses">): Promise<void> {
  const added = plan.addresses.filter((address) => !live.addresses.includes(address));
  if (plan.duplicateAddressDetection === false || added.length === 0) return;
  await refuseTaken(netns, plan.interfaceName, plan.mac, added, plan.addresses);
}

/** The same of a NIC that serves already, and goes on as it was when an address is taken. */
async function probeStanding(netns: Netns, plan: InjectPlan, live: Link): Promise<void> {
  try {
    // It may have IPv6 off so far.
    await setSysctls(netns, sysctls(live.name, [...live.addresses, ...plan.addresses]));
    await probe(netns, { ...plan, interfaceName: live.name }, live);
  } catch (error) {
    await setSysctls(netns, sysctls(live.name, live.addresses));
    throw error;
  }
}

function refusal(text: string): VnicError {
  return new VnicError("refused", text);
}

/** What is there now, rather than what was asked for. */
async function readBack(netns: { path: string }, uid: string): Promise<Interface> {
  const link = ownLink(await listLinks(netns), uid);
  if (!link)
    throw new VnicError("failed", `the link was gone from the pod's network namespace just after it was configured`);
  return interfaceOf(link);
}

export function isSamePlace(one: Association, other: Association): boolean {
  return one.netns === other.netns && one.inode === other.inode;
}
