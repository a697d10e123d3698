import { VnicError } from "../base/errors.ts";
import { omitUndefined } from "../model/schema/known.ts";
import type { Lease } from "../model/lease/lease.ts";
import { withLease } from "../model/link/leased-plan.ts";
import { leaseSteps } from "../model/link/link-steps.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { askAgent } from "./agent-socket.ts";
import { ipBatch, listLinks } from "./link.ts";
import { ownLink } from "./own-link.ts";
import { netnsPath } from "./netns.ts";
import { route } from "./routing.ts";

/*
 * DHCP during an injection: the node agent obtains and keeps the lease, and the injection puts its address on the
 * NIC.
 */

/**
 * Returns the existing lease if the link is kept and DHCP is still wanted. Otherwise it stops the old DHCP client,
 * which would keep an ended network namespace alive, and with it a link with the same MAC.
 */
export async function formerLease(
  plan: InjectPlan,
  known: ResourceFile | undefined,
  linkStays: boolean,
): Promise<Lease | undefined> {
  if (!known?.definition.dhcp) return undefined;
  if (linkStays && plan.dhcp)
    return known.lease && Date.parse(known.lease.expiresAt) > Date.now() ? known.lease : undefined;
  await askAgent({ verb: "stop", uid: plan.vnic.uid, release: plan.dhcp === undefined });
  return undefined;
}

/**
 * Obtains a lease or the existing one, replaces the address of `former` on the link by the leased one, and sets its
 * routes if they are wanted.
 */
export async function acquireLease(
  plan: InjectPlan,
  dhcp: NonNullable<InjectPlan["dhcp"]>,
  { netns, inode }: Association,
  former: Lease | undefined,
  requestedAddress: string | undefined,
): Promise<Lease> {
  const { vnic, network, interfaceName, duplicateAddressDetection } = plan;
  const optional = omitUndefined({ address: requestedAddress, duplicateAddressDetection });
  const subject = { uid: vnic.uid, netns, inode, interfaceName, dhcp, ...optional };
  const answer = await askAgent({ verb: "acquire", subject });
  if (!answer || !("lease" in answer)) {
    const why = answer && "error" in answer ? answer.error : "the node agent has ended or is silent";
    throw new VnicError("failed", `dhcp: ${why}`);
  }
  const { lease } = answer;
  const pod = { path: netnsPath(netns) };
  const live = ownLink(await listLinks(pod), vnic.uid, { mode: network.mode });
  if (!live)
    throw new VnicError("failed", `the link was gone from the pod's network namespace before it had its address`);
  const steps = leaseSteps(network, live, former?.address, lease.address);
  if (steps.length > 0) await ipBatch(pod, steps);
  if (dhcp.routes) await route(pod, withLease(plan, lease));
  return lease;
}

/** Stops the DHCP client of a Vnic whose injection is undone. */
export async function giveUpLease(uid: string): Promise<void> {
  await askAgent({ verb: "stop", uid, release: true });
}
