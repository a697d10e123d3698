import { readHeld } from "../model/address/held.ts";
import { isVnicError } from "../base/errors.ts";
import { type VnicRef, vnicId } from "../model/names.ts";
import { podForNode, readPod } from "../model/kubernetes/pod.ts";
import { ownerOf } from "../model/kubernetes/record.ts";
import { isNamed } from "../model/network/reference.ts";
import type { VnicStatus } from "../model/vnic/conditions.ts";
import { wasRealised } from "../model/vnic/pending.ts";
import { placementOf, type StoredVnic } from "../model/vnic/record.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import type { TakenClaim } from "./claim.ts";
import type { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
import { freeAddresses } from "./address/claim-addresses.ts";
import { withdraw } from "./network/network-status.ts";
import { networkLeft, releaseIfUnused, releaseLeft } from "./network/usage.ts";
import { awaitTerminated } from "./running-pod.ts";
import { NodeGone, requireNode } from "./node-exists.ts";
import { emitEvents } from "./emit-events.ts";

/** Data about a Vnic from outside its record, in case the record is lost. */
export interface KnownVnic {
  readonly uid: string;
  /** The owner that the record named; a record with another owner was adopted since. */
  readonly owner?: string;
  readonly node?: string;
  readonly podName?: string;
}

/**
 * Removes the Vnic: from its pod, immediately or after the pod has terminated, as the deletion policy says; from its
 * node; and finally the record. Succeeds if any of these is gone already. Can be run again after a failure at any
 * point.
 */
export async function eject(driver: Driver, ref: VnicRef, remembered: KnownVnic, deadline: Deadline): Promise<void> {
  const { cluster, claims, report } = driver;

  // Observe: a record with another UID is a new one, which isn't ours; a record with another owner was adopted.
  const taken = await takeRemembered(driver, ref, remembered);
  const found = taken?.record ?? (await findRecord(driver, ref));
  const isSame = (record: StoredVnic | undefined) => record?.metadata.uid === remembered.uid;
  const wasAdopted = (record: StoredVnic) =>
    remembered.owner !== undefined && ownerOf(record) !== remembered.owner && isSame(record);
  if (found && wasAdopted(found)) return;
  await claims.hold(driver, ref, taken ?? (isSame(found) ? found : undefined), deadline, async (claim) => {
    const record = isSame(claim.record) ? claim.record : undefined;
    if (record && wasAdopted(record)) return;

    // Ensure: mark it for deletion; the finalizer keeps the record until the node is clean.
    const marked =
      record && !record.metadata.deletionTimestamp ? await cluster.deleteVnic(ref, record.metadata.uid) : record;
    const placement = record && placementOf(record);
    const pod = { namespace: ref.namespace, name: record?.spec.pod.name ?? remembered.podName };
    if (placement && record.spec.deletionPolicy === "waitForPod")
      await awaitTerminated(driver, { ...pod, name: record.spec.pod.name }, placement.podUid, deadline);

    // Sync
    const node = placement?.node ?? remembered.node;
    let removed = false;
    if (node !== undefined) {
      report(`removing it from node ${node}`);
      removed = await removeFromNode(driver, { ...ref, uid: remembered.uid }, node, pod.name, deadline);
    }

    // Return
    if (!record) return;
    await withdraw(driver, ref.namespace, record.status?.networkStatus);
    // Nothing depends on the event, so nothing waits for it.
    if (removed) void emitRemoved(driver, record, node);
    await freeAddresses(cluster, readHeld(record.metadata), record.metadata.uid, claimsIn(record));
    await cluster.releaseVnic(ref, record.metadata.uid, marked);
    claim.abandon();
    if (isNamed(record.spec.network)) await releaseIfUnused(cluster, record.spec.network.name);
    const left = networkLeft(record, record.spec.network);
    if (left !== undefined || !wasRealised(record)) await releaseLeft(cluster, left);
  });
}

/** The claims that the status names. If it was copied from another record, they are that record's. */
function claimsIn({ metadata, status }: StoredVnic): VnicStatus["addressClaims"] {
  return status?.recordUid === metadata.uid ? status.addressClaims : undefined;
}

async function emitRemoved(driver: Driver, record: StoredVnic, node: string | undefined): Promise<void> {
  const placement = placementOf(record);
  const name = record.status?.interface?.name ?? "the NIC";
  await emitEvents(driver, record, placement?.podUid, {
    type: "Normal",
    reason: "RemovedInterface",
    message: `${name} was removed from pod ${record.spec.pod.name} on node ${node}, by Vnic ${record.metadata.name}`,
    key: `${node} ${placement?.podUid}`,
  });
}

/**
 * Removes link and resource file from a node, if the node still exists. Returns whether there was a link. `keepLease`:
 * don't release the DHCP lease, because the Vnic moves to another pod.
 */
export async function removeFromNode(
  driver: Driver,
  vnic: InjectPlan["vnic"],
  nodeName: string,
  podName: string | undefined,
  deadline: Deadline,
  how: { readonly keepLease?: boolean } = {},
): Promise<boolean> {
  const { cluster, sessions } = driver;
  const beforeOpening = () => requireNode(cluster, nodeName, `Vnic ${vnicId(vnic)} can't be removed from it`);
  const remove = (pod?: InjectPlan["pod"]) => {
    const plan = { vnic, ...(pod ? { pod } : {}), ...how };
    return sessions.use(nodeName, deadline, (session) => session.request("eject", { plan }), beforeOpening);
  };
  try {
    const { removed, resourceFile } = await remove();
    if (resourceFile || podName === undefined) return removed;
    // The pod may have the link even if the resource file is lost.
    const pod = await findRunningPod(driver, vnic.namespace, podName, nodeName);
    return (pod !== undefined && (await remove(pod)).removed) || removed;
  } catch (error) {
    if (error instanceof NodeGone) return false;
    throw error;
  }
}

/** The pod, if it is still running on that node: it may have the link even if the node's resource file is lost. */
async function findRunningPod(
  { cluster }: Driver,
  namespace: string,
  name: string,
  node: string,
): Promise<InjectPlan["pod"] | undefined> {
  const object = await cluster.findPod(namespace, name);
  const state = object && readPod(object);
  return state?.state === "running" && state.node === node ? podForNode({ namespace, name }, state) : undefined;
}

/** Claims the record if it is as remembered, which needs no read before; undefined if it isn't. */
async function takeRemembered(
  { cluster, claims }: Driver,
  ref: VnicRef,
  { uid, owner, node }: KnownVnic,
): Promise<TakenClaim | undefined> {
  if (owner === undefined || node === undefined) return undefined;
  try {
    return await claims.takeExpected({ cluster }, { ref, uid, owner, node });
  } catch (error) {
    if (isVnicError(error, "notInstalled")) return undefined;
    throw error;
  }
}

/** The record; undefined also if the cluster doesn't have our API group. */
async function findRecord({ cluster }: Driver, ref: VnicRef): Promise<StoredVnic | undefined> {
  try {
    return await cluster.findVnic(ref);
  } catch (error) {
    if (isVnicError(error, "notInstalled")) return undefined;
    throw error;
  }
}
