import { readHeld } from "../model/address/held.ts";
import { isVnicError } from "../base/errors.ts";
import { type VnicRef, vnicId } from "../model/names.ts";
import { podForNode, readPod } from "../model/kubernetes/pod.ts";
import { ownerOf } from "../model/kubernetes/record.ts";
import { placeOf, type StoredVnic } from "../model/vnic/record.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import type { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
import { freeAddresses } from "./address/claim-addresses.ts";
import { releaseIfUnused } from "./network/vnic-network.ts";
import { awaitTerminated } from "./running-pod.ts";
import { nodeStands } from "./standing-node.ts";
import { tell } from "./tell.ts";

/** What is remembered of a Vnic outside its record, for when the record is lost. */
export interface Remembered {
  readonly uid: string;
  /** Whom the record named as its owner; one that names another by now was adopted. */
  readonly owner?: string;
  readonly node?: string;
  readonly podName?: string;
}

/**
 * Takes the Vnic away: from its pod if that still runs, or when that has terminated, as its deletion policy says; from its
 * node, and at last its record. Fine when any of these is gone already; can be run again from wherever it ended.
 */
export async function eject(driver: Driver, ref: VnicRef, remembered: Remembered, deadline: Deadline): Promise<void> {
  const { cluster, claims, report } = driver;

  // Observe: a record with another UID is somebody else's new one; one with another owner is somebody else's now.
  const found = await findRecord(driver, ref);
  const isSame = (record: StoredVnic | undefined) => record?.metadata.uid === remembered.uid;
  const wasAdopted = (record: StoredVnic) =>
    remembered.owner !== undefined && ownerOf(record) !== remembered.owner && isSame(record);
  if (found && wasAdopted(found)) return;
  await claims.hold(driver, ref, isSame(found) ? found : undefined, deadline, async (claim) => {
    const record = isSame(claim.record) ? claim.record : undefined;
    if (record && wasAdopted(record)) return;

    // Ensure: marked for deletion; the finalizer holds the record until the node is clean.
    if (record && !record.metadata.deletionTimestamp) await cluster.deleteVnic(ref, record.metadata.uid);
    const place = record && placeOf(record);
    const pod = { namespace: ref.namespace, name: record?.spec.pod.name ?? remembered.podName };
    if (place && record.spec.deletionPolicy === "waitForPod")
      await awaitTerminated(driver, { ...pod, name: record.spec.pod.name }, place.podUid, deadline);

    // Sync
    const node = place?.node ?? remembered.node;
    let removed = false;
    if (node !== undefined) {
      report(`taking it off node ${node}`);
      removed = await removeFromNode(driver, { ...ref, uid: remembered.uid }, node, pod.name, deadline);
    }

    // Return
    if (!record) return;
    const told = removed ? tellOfRemoved(driver, record, node) : undefined;
    await freeAddresses(cluster, readHeld(record.metadata), record.metadata.uid);
    await Promise.all([cluster.releaseVnic(ref, record.metadata.uid), told]);
    if ("name" in record.spec.network) await releaseIfUnused(cluster, record.spec.network.name);
  });
}

async function tellOfRemoved(driver: Driver, record: StoredVnic, node: string | undefined): Promise<void> {
  const place = placeOf(record);
  const name = record.status?.interface?.name ?? "the NIC";
  await tell(driver, record, place?.podUid, {
    type: "Normal",
    reason: "RemovedInterface",
    message: `${name} was taken away from pod ${record.spec.pod.name} on node ${node}, by Vnic ${record.metadata.name}`,
    key: `${node} ${place?.podUid}`,
  });
}

/**
 * Removes link and resource file from a node, if it still stands; answers whether there was a link. `keepLease`: the Vnic goes
 * on elsewhere.
 */
export async function removeFromNode(
  driver: Driver,
  vnic: InjectPlan["vnic"],
  nodeName: string,
  podName: string | undefined,
  deadline: Deadline,
  how: { readonly keepLease?: boolean } = {},
): Promise<boolean> {
  const [stands, pod] = await Promise.all([
    nodeStands(driver.cluster, nodeName, `Vnic ${vnicId(vnic)} can't be taken off it`),
    podName === undefined ? undefined : findRunningPod(driver, vnic.namespace, podName, nodeName),
  ]);
  if (!stands) return false;
  const { removed } = await driver.sessions.use(nodeName, deadline, (session) =>
    session.request("eject", { plan: { vnic, ...(pod ? { pod } : {}), ...how } }),
  );
  return removed;
}

/** The pod, if it still runs on that node: where the link is even if the node's own file of it were lost. */
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

/** The record; undefined also when the cluster doesn't have our API group. */
async function findRecord({ cluster }: Driver, ref: VnicRef): Promise<StoredVnic | undefined> {
  try {
    return await cluster.findVnic(ref);
  } catch (error) {
    if (isVnicError(error, "notInstalled")) return undefined;
    throw error;
  }
}
