import { isDeepStrictEqual } from "node:util";
import { VnicError } from "../model/errors.ts";
import { configureSteps, convergeSteps, createSteps, moveSteps, type SizedPlan, sysctls } from "../model/link-steps.ts";
import { transitLinkName } from "../model/names.ts";
import type { injectionSteps } from "../model/resource-file.ts";
import type { Association, InjectPlan, InjectResult, Interface } from "../model/session-protocol.ts";
import { removeLink } from "./eject.ts";
import { deleteLink, ipBatch, type Link, listLinks, ownLink } from "./link.ts";
import { netnsPath } from "./netns.ts";
import { readResourceFile, removeResourceFile, writeResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";
import { setSysctls } from "./sysctl.ts";

export type Report = (step: string) => void;

/**
 * Brings the Vnic into the pod, from whatever an earlier run left: nothing, a link half-way, or the whole NIC. Each step
 * is on disk before it begins; what this run made is undone when a later step fails.
 */
export async function inject(plan: InjectPlan, report: Report): Promise<InjectResult> {
  const { vnic, pod, ...definition } = plan;
  const association = await findSandbox(pod);
  const podNetns = { path: netnsPath(association.netns) };
  const known = await readResourceFile(vnic.uid);
  // The pod's namespace is another one than last time, or the link would be another one: start afresh.
  if (
    known &&
    !(isSamePlace(known.association, association) && isDeepStrictEqual(known.definition.network, plan.network))
  )
    await removeLink(vnic.uid, known.association);

  const [nodeLinks, podLinks] = await Promise.all([listLinks("node"), listLinks(podNetns)]);
  const arrived = ownLink(podLinks, vnic.uid);
  const foreign = podLinks.filter((link) => link !== arrived);
  const sized = feasible(plan, nodeLinks, foreign);

  const timings: InjectResult["steps"] = [];
  const timed = async (step: (typeof injectionSteps)[number], work: () => Promise<void>) => {
    const began = performance.now();
    report(step);
    await writeResourceFile({ vnic, definition: { ...definition, mtu: sized.mtu }, association, step });
    await work();
    timings.push({ step, milliseconds: performance.now() - began });
  };

  if (arrived) {
    await timed("configuring", async () => {
      await setSysctls(podNetns, sysctls(arrived.name, plan.addresses));
      await ipBatch(podNetns, convergeSteps(sized, arrived));
    });
  } else {
    const transit = transitLinkName(vnic.uid);
    // A link left under its transit name has an unknown share of its attributes: making it again costs 0.2 ms.
    if (ownLink(nodeLinks, vnic.uid)) await deleteLink("node", transit);
    try {
      await timed("creating", () => ipBatch("node", createSteps(sized)));
      await timed("moving", () => ipBatch("node", moveSteps(plan, podNetns.path)));
      await timed("configuring", async () => {
        await setSysctls(podNetns, sysctls(transit, plan.addresses));
        await ipBatch(podNetns, configureSteps(plan));
      });
    } catch (error) {
      await removeLink(vnic.uid, association);
      await removeResourceFile(vnic.uid);
      throw error;
    }
  }
  await timed("attached", async () => undefined);
  return { interface: await readBack(podNetns, vnic.uid), association, steps: timings };
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
