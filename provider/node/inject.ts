import { isDeepStrictEqual } from "node:util";
import { VnicError } from "../model/errors.ts";
import { configureSteps, convergeSteps, createSteps, moveSteps, type SizedPlan, sysctls } from "../model/link-steps.ts";
import { linkAlias, transitLinkName } from "../model/names.ts";
import type { injectionSteps, ResourceFile } from "../model/resource-file.ts";
import type { Association, InjectPlan, InjectResult, Interface } from "../model/session-protocol.ts";
import { removeLink } from "./eject.ts";
import { deleteLink, ipBatch, type Link, listLinks, ownLink, prepareIpBatch } from "./link.ts";
import { type Netns, netnsPath } from "./netns.ts";
import { readResourceFile, removeResourceFile, writeResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";
import { setSysctls } from "./sysctl.ts";

export type Report = (step: string) => void;

/**
 * Brings the Vnic into the pod, from whatever an earlier run left: nothing, a link half-way, or the whole NIC. Each step
 * is on disk before it begins; what this run made is undone when a later step fails. Nothing is done in the pod until
 * `mayGoOn`.
 */
export async function inject(plan: InjectPlan, report: Report, mayGoOn: Promise<boolean>): Promise<InjectResult> {
  const { vnic, pod, ...definition } = plan;
  const association = await findSandbox(pod);
  const podNetns = { path: netnsPath(association.netns) };
  const steps: InjectResult["steps"] = [];
  const step: RunStep = async (name, work, mtu = plan.mtu) => {
    if (name !== "creating" && !(await mayGoOn)) throw refusal("the driver has withdrawn it");
    const began = performance.now();
    report(name);
    const sized = { ...definition, ...(mtu === undefined ? {} : { mtu }) };
    await writeResourceFile({ vnic, definition: sized, association, step: name });
    await work();
    steps.push({ step: name, milliseconds: performance.now() - began });
  };

  const known = await readResourceFile(vnic.uid);
  if (!(known === undefined && (await succeeds(make(plan, association, step)))))
    await converge(plan, association, known, step);

  const live = await readBack(podNetns, vnic.uid);
  await step("attached", async () => undefined, plan.mtu ?? live.mtu);
  return { interface: live, association, steps };
}

type RunStep = (name: (typeof injectionSteps)[number], work: () => Promise<void>, mtu?: number) => Promise<void>;

/**
 * Where no file says that anything was begun, as a rule nothing stands in the way: it is tried without a look around, which
 * would take a third of the time. Whatever did stand in the way is named by the try that looks first, as this one is undone.
 */
function succeeds(attempt: Promise<void>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}

/** Looks what is there, and makes of it what the plan says; refuses what can't be. */
async function converge(plan: InjectPlan, association: Association, known: ResourceFile | undefined, step: RunStep) {
  const { uid } = plan.vnic;
  const podNetns = { path: netnsPath(association.netns) };
  // The pod's namespace is another one than last time, or the link would be another one: start afresh.
  const stays =
    known && isSamePlace(known.association, association) && isDeepStrictEqual(known.definition.network, plan.network);
  if (known && !stays) await removeLink(uid, known.association);

  const [nodeLinks, podLinks] = await Promise.all([listLinks("node"), listLinks(podNetns)]);
  const arrived = ownLink(podLinks, uid);
  const sized = feasible(
    plan,
    nodeLinks,
    podLinks.filter((link) => link !== arrived),
  );
  if (arrived) {
    await step("configuring", async () => {
      await setSysctls(podNetns, sysctls(arrived.name, plan.addresses));
      await ipBatch(podNetns, convergeSteps(sized, arrived));
    });
    return;
  }
  // A link left under its transit name has an unknown share of its attributes: making it again costs 0.2 ms.
  const left = ownLink(nodeLinks, uid);
  if (left) await deleteLink("node", left.name);
  await make(plan, association, step);
}

/** Makes the link on the node, moves it into the pod and sets it up there; undoes all of it when a step fails. */
async function make(plan: InjectPlan, association: Association, step: RunStep): Promise<void> {
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
    const created = step("creating", () => create(createSteps(plan)));
    const move = prepare("node");
    await created;
    const moved = step("moving", () => move(moveSteps(plan, podNetns.path)));
    const configure = prepare(podNetns);
    await moved;
    await step("configuring", async () => {
      await setSysctls(podNetns, sysctls(transitLinkName(uid), plan.addresses));
      configured = true;
      await configure(configureSteps(plan));
    });
  } catch (error) {
    await Promise.allSettled(prepared.map((batch) => batch([])));
    await removeMade(plan, podNetns, configured);
    await removeResourceFile(uid);
    throw error;
  }
}

/**
 * Deletes the link that was just made, and no other: a NIC of this Vnic that was in the pod all the while bears the same
 * mark. It has its transit name, unless it was given its own, which nobody else can have had then.
 */
async function removeMade({ vnic, interfaceName }: InjectPlan, pod: Netns, configured: boolean): Promise<void> {
  const transit = transitLinkName(vnic.uid);
  for (const place of ["node", pod] as const) {
    const links = await listLinks(place);
    const waiting = links.find(({ name }) => name === transit);
    const named = place === pod && configured ? links.find(({ name }) => name === interfaceName) : undefined;
    const made = waiting ?? (named?.alias === linkAlias(vnic.uid) ? named : undefined);
    if (made) await deleteLink(place, made.name);
  }
}

/** The plan with its MTU decided; refuses what can be seen to be impossible before anything is changed. */
function feasible(plan: InjectPlan, nodeLinks: Link[], foreignPodLinks: Link[]): SizedPlan {
  const { network, interfaceName, pod } = plan;
  const name = JSON.stringify(network.parent);
  const parent = nodeLinks.find((link) => link.name === network.parent);
  if (!parent) {
    const there = nodeLinks.filter((link) => link.name !== "lo").map((link) => link.name);
    throw refusal(`network.parent: there is no interface ${name} on the node; it has ${there.join(", ")}`);
  }
  if (!parent.up) throw refusal(`network.parent: interface ${name} on the node is down; bring it up first`);
  const { mtu = parent.mtu } = plan;
  if (mtu > parent.mtu) throw refusal(`mtu: ${mtu} is above ${parent.mtu}, the MTU of ${network.parent} on the node`);
  if (foreignPodLinks.some((link) => link.name === interfaceName))
    throw refusal(
      `interfaceName: pod ${pod.namespace}/${pod.name} has an interface ${JSON.stringify(interfaceName)} already, and it isn't this Vnic's; choose another name`,
    );
  return { ...plan, mtu };
}

function refusal(text: string): VnicError {
  return new VnicError("refused", text);
}

/** What is there now, rather than what was asked for. */
async function readBack(netns: { path: string }, uid: string): Promise<Interface> {
  const link = ownLink(await listLinks(netns), uid);
  if (!link)
    throw new VnicError("failed", `the link was gone from the pod's network namespace just after it was configured`);
  const { alias: _, ...live } = link;
  return live;
}

export function isSamePlace(one: Association, other: Association): boolean {
  return one.netns === other.netns && one.inode === other.inode;
}
