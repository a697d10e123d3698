import { isDeepStrictEqual } from "node:util";
import { isVnicError, VnicError } from "../base/errors.ts";
import type { Lease } from "../model/lease/lease.ts";
import { withLease } from "../model/link/leased-plan.ts";
import { isPlainName } from "../model/link/ip-line.ts";
import { convergeSteps, firstSysctls, type ParentLink, sysctls } from "../model/link/link-steps.ts";
import type { Former, ResourceFile } from "../model/wire/resource-file.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { renewPort } from "./bridge-port.ts";
import { refuseClusterLink } from "./cluster-links.ts";
import { findDevices } from "./device.ts";
import { refuseUsedDevice } from "./device-use.ts";
import { refuseTakenName, renameLink } from "./interface-name.ts";
import { resolveParent, findParent } from "./parent-link.ts";
import { ipBatch, type Link, listLinks } from "./link.ts";
import { ownLink, knownLinkOf } from "./own-link.ts";
import { make, type Made } from "./make.ts";
import { type Netns, netnsPath } from "./netns.ts";
import { probe } from "./probe.ts";
import { removeFromNode, removeLink } from "./remove.ts";
import { writeResourceFile } from "./resource-file.ts";
import { route } from "./routing.ts";
import { isSameNetns } from "./sandbox.ts";
import { refuseUnclaimed, segmentOn } from "./segment.ts";
import { awaitAnnounced } from "./settle.ts";
import type { RunStep } from "./step.ts";
import { setSysctls } from "./sysctl.ts";

/**
 * Brings the NIC from its current state to the plan, and refuses what is impossible. Returns the link if it
 * made a new one.
 */
export async function converge(
  asked: InjectPlan,
  association: Association,
  known: ResourceFile | undefined,
  lease: Lease | undefined,
  step: RunStep,
): Promise<Made | undefined> {
  const plan = withLease(asked, lease);
  const {
    vnic: { uid },
    network,
  } = plan;
  const podNetns = { path: netnsPath(association.netns) };
  if (known && !canKeepLink(known, plan, association)) await removeLink({ uid, known, association: known.association });

  const [nodeLinks, podLinks] = await Promise.all([deleteLeftovers(uid, known), listLinks(podNetns)]);
  const arrived = findArrived(plan, association, known, podLinks, nodeLinks);
  refuseTakenName(
    plan,
    podLinks.filter((link) => link !== arrived),
  );
  const isInPod = arrived !== undefined && network.mode === "host-device";
  const parentLink = isInPod ? parentInPod(plan, arrived, known?.link?.former) : resolveParent(network, nodeLinks);
  if (!isInPod) await refuseParent(plan, nodeLinks);
  refuseUnclaimed(isInPod ? parentLink.parent : segmentOn(network, nodeLinks), plan);
  if (arrived) {
    const sized = { ...plan, mtu: feasibleMtu(plan, parentLink) };
    // Probe before any change, unless the link has to be brought up first.
    if (arrived.up && isPlainName(arrived.name)) await step("probing", () => probeStanding(podNetns, plan, arrived));
    await step("configuring", async () => {
      let standing = await renameLink(podNetns, plan, arrived).catch(async (error: unknown) => {
        // The pod was faster, and nothing is changed.
        if (known && isVnicError(error, "refused")) await writeResourceFile(known);
        throw error;
      });
      // A link that is down may never have been configured.
      await setSysctls(
        podNetns,
        standing.up ? sysctls(standing.name, plan) : firstSysctls(standing.name, plan, plan.pod),
      );
      if (!standing.up) {
        await ipBatch(podNetns, convergeSteps({ ...sized, addresses: standing.addresses }, standing));
        standing = { ...standing, mtu: sized.mtu, mac: plan.mac, up: true };
        if (!arrived.up) await probe(podNetns, plan, standing);
        else if (isAnnounced(arrived)) await awaitAnnounced(podNetns, uid).catch(() => undefined);
      }
      await ipBatch(podNetns, convergeSteps(sized, standing));
      if (network.mode === "bridge") await renewPort(plan, parentLink.parent);
      if (plan.routing ?? known?.definition.routing) await route(podNetns, plan);
      if (plan.slaac && !known?.definition.slaac) await awaitAnnounced(podNetns, uid);
    });
    return undefined;
  }
  feasibleMtu(plan, parentLink);
  return make(asked, parentLink, association, step, podLinks);
}

/** Whether the existing link can be kept: the pod's network namespace and the network are the same. */
export function canKeepLink(known: ResourceFile, plan: InjectPlan, association: Association): boolean {
  return isSameNetns(known.association, association) && isDeepStrictEqual(known.definition.network, plan.network);
}

/**
 * The node's links, after deleting the Vnic's own. A link that was left on the node under its transit name has unknown
 * attributes, and creating it again costs only 0.2 ms.
 */
async function deleteLeftovers(uid: string, known: ResourceFile | undefined): Promise<Link[]> {
  const links = await listLinks("node");
  return (await removeFromNode(links, uid, known)) ? listLinks("node") : links;
}

/**
 * Finds the Vnic's link in its pod. For a device only the data in the resource file count, since a pod can fake name
 * and alias.
 */
export function findArrived(
  { vnic: { uid }, network: { mode } }: InjectPlan,
  association: Association,
  known: ResourceFile | undefined,
  links: readonly Link[],
  nodeLinks: readonly Link[],
): Link | undefined {
  if (mode === "host-device") return known && findDevices(links, known, nodeLinks)[0];
  return ownLink(links, uid, { ...knownLinkOf(known, association), mode });
}

/** The parent of a device that is already in the pod, and so can't be found on the node. */
function parentInPod({ network: { parent } }: InjectPlan, arrived: Link, former: Former | undefined): ParentLink {
  return former ? { parent: former.name, former } : { parent, mtu: arrived.mtu };
}

/** Refuses a parent that belongs to the cluster network, and a device that is in use. */
export async function refuseParent({ network, vnic: { uid } }: InjectPlan, nodeLinks: readonly Link[]): Promise<void> {
  const parent = findParent(network.parent, nodeLinks);
  await refuseClusterLink(parent, nodeLinks);
  if (network.mode === "host-device") await refuseUsedDevice(parent, uid);
}

/**
 * The MTU to set: the requested one if the parent allows it, or the parent's. The limit of a device is left to its
 * driver.
 */
export function feasibleMtu({ mtu, network }: InjectPlan, { parent, mtu: most, former }: ParentLink): number {
  const roomy = most ?? former?.mtu ?? 0;
  if (mtu !== undefined && mtu > roomy && network.mode !== "host-device")
    throw new VnicError("refused", `mtu: ${mtu} is above ${roomy}, the MTU of ${parent} on the node`);
  return mtu ?? roomy;
}

/** Probes over the existing NIC, and restores its state if an address is taken. */
async function probeStanding(netns: Netns, plan: InjectPlan, live: Link): Promise<void> {
  try {
    // IPv6 may be off on it.
    const addresses = [...live.addresses, ...plan.addresses];
    await setSysctls(netns, sysctls(live.name, { addresses, slaac: plan.slaac ?? isAnnounced(live) }));
    await probe(netns, { ...plan, interfaceName: live.name }, live);
  } catch (error) {
    await setSysctls(netns, sysctls(live.name, { addresses: live.addresses, slaac: isAnnounced(live) }));
    throw error;
  }
}

function isAnnounced({ slaacAddresses }: Link): boolean {
  return slaacAddresses !== undefined;
}
