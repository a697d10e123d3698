import { driftOf } from "../model/vnic/drift.ts";
import { unfinishedWork } from "../model/vnic/unfinished.ts";
import { termsOf } from "../model/lease/lease.ts";
import { type VnicRef, vnicId } from "../model/names.ts";
import { networkStatusAnnotation } from "../model/kubernetes/network-status.ts";
import { podForNode, type PodState, readPod } from "../model/kubernetes/pod.ts";
import type { ObserveResult } from "../model/wire/session-protocol.ts";
import { realisationOf, stateOfRecord } from "../model/vnic/record.ts";
import type { VnicState } from "../model/vnic/state.ts";
import { packageVersion } from "../base/package.ts";
import { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
import { isPublished } from "./network/network-status.ts";
import { networkDrift } from "./network/vnic-network.ts";
import { nodeExists } from "./node-exists.ts";
import { liveView, type View } from "./view.ts";

export interface ObserveOptions {
  readonly deadlineSeconds?: number;
  /** The view to use; by default each read is a new one. */
  readonly view?: View;
}

/**
 * The actual state of a Vnic: attributes as the kernel reports them, and `drift` for everything that an injection
 * would repair. Undefined only if it is certain that nothing is left: no record, NIC or resource file.
 */
export async function observe(
  driver: Driver,
  ref: VnicRef,
  remembered: VnicState,
  { deadlineSeconds = remembered.deadlines.updateSeconds, view = liveView(driver) }: ObserveOptions = {},
): Promise<VnicState | undefined> {
  const { cluster } = view;
  const deadline = new Deadline(`observing Vnic ${ref.namespace}/${ref.name}`, deadlineSeconds);
  const [record, object] = await Promise.all([
    cluster.findVnic(ref),
    cluster.findPod(remembered.pod.namespace, remembered.pod.name),
  ]);
  // In the meantime, another driver may have moved the Vnic to the node of the next pod.
  const moved = record?.metadata.uid === remembered.uid ? realisationOf(record) : {};
  const known = { ...remembered, ...moved };
  const pod = object && readPod(object);
  const [node, changes] = await Promise.all([
    observeOnNode(view, ref, known, pod, deadline),
    networkDrift(cluster, known, record),
  ]);
  const isBare = record?.metadata.uid !== known.uid && !node?.interface;
  if (isBare && !(await isLeftOnNode(driver, ref, known, deadline))) return undefined;

  const unlisted = record?.status && node?.interface && !isPublished(record.status, object, node.interface);
  const live = node?.interface;
  const found = [
    ...driftOf({ known, record, pod, node }),
    ...(unlisted ? [`annotation ${networkStatusAnnotation} of the pod doesn't list the NIC as it is`] : []),
    ...changes,
  ];
  const unfinished = record && live && unfinishedWork({ known, record, live }, new Date());
  // Repairing other drift finishes it as well.
  const drift = found.length === 0 && unfinished !== undefined ? [unfinished] : found;
  const { interface: _, sandboxId: __, drift: ___, lease: ____, ...lasting } = known;
  return {
    ...lasting,
    ...(drift.length === 0 ? {} : { drift }),
    ...(node && live
      ? {
          sandboxId: node.sandboxId,
          interface: live,
          ...(node.lease ? { lease: termsOf(node.lease) } : {}),
          addresses: inOrderOf(known.addresses, live.addresses),
          // An MTU that wasn't requested is only an output.
          ...(known.mtu === undefined ? {} : { mtu: live.mtu }),
        }
      : {}),
  };
}

/**
 * The node's report on the NIC; undefined if the pod isn't the one that had the Vnic, because then the NIC is gone with
 * its pod.
 */
async function observeOnNode(
  view: View,
  ref: VnicRef,
  known: VnicState,
  pod: PodState | undefined,
  deadline: Deadline,
): Promise<ObserveResult | undefined> {
  if (pod?.state !== "running" || pod.uid !== known.podUid) return undefined;
  const plan = { vnic: { uid: known.uid, ...ref }, pod: podForNode(known.pod, pod) };
  return view.findNic(pod.node, plan, deadline);
}

/**
 * Whether the node still has the Vnic's resource file. Once the Vnic is no longer in the state, nothing would remove
 * that file.
 */
async function isLeftOnNode(
  { cluster, sessions }: Driver,
  ref: VnicRef,
  known: VnicState,
  deadline: Deadline,
): Promise<boolean> {
  const consequence = `it can't be determined whether Vnic ${vnicId(ref)} is gone`;
  if (!(await nodeExists(cluster, known.node, consequence))) return false;
  const { vnics } = await sessions.use(known.node, deadline, (session) => session.request("list", {}));
  return vnics.some(({ uid }) => uid === known.uid);
}

/** Sorts the kernel's addresses like the wanted ones, so that a different order isn't a difference. */
function inOrderOf(wanted: readonly string[], live: readonly string[]): string[] {
  return [
    ...wanted.filter((address) => live.includes(address)),
    ...live.filter((address) => !wanted.includes(address)),
  ];
}

/** Observes a Vnic that isn't in any state: the record has the definition, the node has the rest. */
export async function discover(driver: Driver, ref: VnicRef): Promise<VnicState | undefined> {
  const record = await driver.cluster.findVnic(ref);
  return record && observe(driver, ref, stateOfRecord(record, packageVersion));
}
