import { isVnicError, VnicError } from "../model/errors.ts";
import { type VnicRef, vnicId } from "../model/names.ts";
import { readNode } from "../model/node.ts";
import { readPod } from "../model/pod.ts";
import { ownerOf, placeOf, type StoredVnic } from "../model/record.ts";
import type { InjectPlan } from "../model/session-protocol.ts";
import type { Deadline, Driver } from "./driver.ts";

/** What is remembered of a Vnic outside its record, for when the record is lost. */
export interface Remembered {
  readonly uid: string;
  /** Whom the record named as its owner; one that names another by now was adopted. */
  readonly owner?: string;
  readonly node?: string;
  readonly podName?: string;
}

/**
 * Takes the Vnic away: from its pod if that still runs, from its node, and at last its record. Fine when any of these is
 * gone already; can be run again from wherever it ended.
 */
export async function eject(driver: Driver, ref: VnicRef, remembered: Remembered, deadline: Deadline): Promise<void> {
  const { cluster, report } = driver;

  // Observe: a record with another UID is somebody else's new one; one with another owner is somebody else's now.
  const found = await findRecord(driver, ref);
  const same = found?.metadata.uid === remembered.uid;
  if (same && remembered.owner !== undefined && ownerOf(found) !== remembered.owner) return;
  const record = same ? found : undefined;

  // Ensure: marked for deletion; the finalizer holds the record until the node is clean.
  if (record && !record.metadata.deletionTimestamp) await cluster.deleteVnic(ref, record.metadata.uid);

  // Sync
  const node = (record && placeOf(record)?.node) ?? remembered.node;
  const podName = record?.spec.pod.name ?? remembered.podName;
  if (node !== undefined) {
    report(`taking it off node ${node}`);
    await removeFromNode(driver, { ...ref, uid: remembered.uid }, node, podName, deadline);
  }

  // Return
  if (record) await cluster.releaseVnic(ref, record.metadata.uid);
}

/** Removes link and resource file from a node. A Node object that is gone took them with it. */
export async function removeFromNode(
  driver: Driver,
  vnic: InjectPlan["vnic"],
  nodeName: string,
  podName: string | undefined,
  deadline: Deadline,
): Promise<void> {
  const [node, pod] = await Promise.all([
    driver.cluster.findNode(nodeName),
    podName === undefined ? undefined : findRunningPod(driver, vnic.namespace, podName, nodeName),
  ]);
  if (!node) return;
  const { ready, why, runtime } = readNode(node);
  if (!ready)
    throw new VnicError(
      "refused",
      `node ${nodeName} isn't ready (${why}), so Vnic ${vnicId(vnic)} can't be taken off it; try again when it is, or delete the Node object if it is lost for good`,
    );
  await driver.sessions.use({ node: nodeName, runtime }, deadline, (session) =>
    session.request("eject", { plan: { vnic, ...(pod ? { pod } : {}) } }),
  );
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
  return state?.state === "running" && state.node === node
    ? { namespace, name, uid: state.uid, containerId: state.containerId }
    : undefined;
}

/** Without our API group there is no record either. */
async function findRecord({ cluster }: Driver, ref: VnicRef): Promise<StoredVnic | undefined> {
  try {
    return await cluster.findVnic(ref);
  } catch (error) {
    if (isVnicError(error, "notInstalled")) return undefined;
    throw error;
  }
}
