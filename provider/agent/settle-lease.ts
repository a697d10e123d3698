import type { Cluster } from "../cluster/cluster.ts";
import { isVnicError } from "../base/errors.ts";
import { omitUndefined } from "../model/schema/known.ts";
import { withLease } from "../model/link/leased-plan.ts";
import { leaseSteps } from "../model/link/link-steps.ts";
import { leaseStatus } from "../model/vnic/agent-status.ts";
import type { Interface } from "../model/wire/session-protocol.ts";
import { interfaceOf, ipBatch, listLinks } from "../node/link.ts";
import { ownLink, knownLinkOf } from "../node/own-link.ts";
import { tryLock } from "../node/lock.ts";
import { netnsPath } from "../node/netns.ts";
import { readResourceFile, writeResourceFile } from "../node/resource-file.ts";
import { route } from "../node/routing.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";

export type Settle = (keeper: LeaseKeeper) => Promise<boolean>;

/**
 * Writes a keeper's lease to the NIC, the resource file and the record, in this order. Returns whether all three are
 * done. Does nothing while a Job works on the Vnic, since the Job may do the same.
 */
export function settleWith(cluster: Pick<Cluster, "changeVnicStatus">): Settle {
  return async (keeper) => {
    const settled = await tryLock(keeper.subject.uid, () => settleOnNode(keeper));
    if (settled === "busy") return false;
    if (settled) await report(cluster, settled, keeper);
    return true;
  };
}

interface SettledNic {
  readonly vnic: { readonly uid: string; readonly namespace: string; readonly name: string };
  readonly interface: Interface;
}

/**
 * Writes the lease to the NIC and the resource file. Undefined if the NIC isn't complete: the Job that completes it will
 * ask for the lease.
 */
async function settleOnNode({ subject, lease }: LeaseKeeper): Promise<SettledNic | undefined> {
  const file = await readResourceFile(subject.uid);
  if (!file?.definition.dhcp || file.association.inode !== subject.inode || file.step !== "attached") return undefined;
  const netns = { path: netnsPath(subject.netns) };
  const live = ownLink(await listLinks(netns), subject.uid, knownLinkOf(file, file.association));
  if (!live) return undefined;
  const former = file.lease?.address;
  const fixed = file.definition.addresses;
  const own = former !== undefined && fixed.includes(former) ? undefined : former;
  const steps = leaseSteps(file.definition.network, live, own, lease?.address);
  if (steps.length > 0) await ipBatch(netns, steps);
  const { vnic, definition, association, step, link } = file;
  if (definition.dhcp?.routes) await route(netns, withLease({ ...definition, vnic }, lease));
  await writeResourceFile({ vnic, definition, association, step, ...omitUndefined({ link, lease }) });
  const now =
    steps.length === 0
      ? live
      : (ownLink(await listLinks(netns), subject.uid, knownLinkOf(file, file.association)) ?? live);
  return { vnic, interface: interfaceOf(now) };
}

/** Writes the lease to the record's status. Does nothing if the record is gone or was replaced. */
async function report(
  cluster: Pick<Cluster, "changeVnicStatus">,
  { vnic, interface: live }: SettledNic,
  { lease, lossReason = "" }: LeaseKeeper,
): Promise<void> {
  try {
    await cluster.changeVnicStatus(vnic, vnic.uid, (status) =>
      leaseStatus(status, live, lease ?? lossReason, new Date()),
    );
  } catch (error) {
    if (!isVnicError(error, "conflict", "notInstalled")) throw error;
  }
}
