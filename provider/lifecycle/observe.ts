import { driftOf } from "../model/vnic/drift.ts";
import { termsOf } from "../model/lease/lease.ts";
import { type VnicRef, vnicId } from "../model/names.ts";
import { podForNode, type PodState, readPod } from "../model/kubernetes/pod.ts";
import type { ObserveResult } from "../model/wire/session-protocol.ts";
import { realisationOf, stateOfRecord } from "../model/vnic/record.ts";
import type { VnicState } from "../model/vnic/state.ts";
import { packageVersion } from "../base/package.ts";
import { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
import { networkDrift } from "./network/vnic-network.ts";
import { nodeStands } from "./standing-node.ts";
import { liveView, type View } from "./view.ts";

export interface ObserveOptions {
  readonly deadlineSeconds?: number;
  /** What it is looked at with; by default each look is made anew. */
  readonly view?: View;
}

/**
 * What is really there of a Vnic, as its state: attributes as the kernel shows them, and `drift` for all that an injection
 * would mend. Undefined only when it is certain that nothing is left of it: neither record, nor NIC, nor resource file.
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
  // Another driver may have moved it to the pod's next node meanwhile.
  const moved = record?.metadata.uid === remembered.uid ? realisationOf(record) : {};
  const known = { ...remembered, ...moved };
  const pod = object && readPod(object);
  const [node, changes] = await Promise.all([
    observeOnNode(view, ref, known, pod, deadline),
    networkDrift(cluster, known),
  ]);
  const isBare = record?.metadata.uid !== known.uid && !node?.interface;
  if (isBare && !(await isLeftOnNode(driver, ref, known, deadline))) return undefined;

  const drift = [...driftOf({ known, record, pod, node }), ...changes];
  const { interface: _, sandboxId: __, drift: ___, lease: ____, ...lasting } = known;
  const live = node?.interface;
  return {
    ...lasting,
    ...(drift.length === 0 ? {} : { drift }),
    ...(node && live
      ? {
          sandboxId: node.sandboxId,
          interface: live,
          ...(node.lease ? { lease: termsOf(node.lease) } : {}),
          addresses: inOrderOf(known.addresses, live.addresses),
          // An MTU that nobody asked for stays an output.
          ...(known.mtu === undefined ? {} : { mtu: live.mtu }),
        }
      : {}),
  };
}

/** What the pod's node sees; undefined when the pod isn't the one that held the Vnic, which took the NIC with it. */
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

/** Whether its node still has its resource file: who has lost sight of the Vnic would never take that away. */
async function isLeftOnNode(
  { cluster, sessions }: Driver,
  ref: VnicRef,
  known: VnicState,
  deadline: Deadline,
): Promise<boolean> {
  const so = `it can't be told whether Vnic ${vnicId(ref)} is gone`;
  if (!(await nodeStands(cluster, known.node, so))) return false;
  const { vnics } = await sessions.use(known.node, deadline, (session) => session.request("list", {}));
  return vnics.some(({ uid }) => uid === known.uid);
}

/** The kernel lists addresses in its own order, which is no difference. */
function inOrderOf(wanted: readonly string[], live: readonly string[]): string[] {
  return [
    ...wanted.filter((address) => live.includes(address)),
    ...live.filter((address) => !wanted.includes(address)),
  ];
}

/** Observes a Vnic that is not in any state: its record gives the definition, its node the rest. */
export async function discover(driver: Driver, ref: VnicRef): Promise<VnicState | undefined> {
  const record = await driver.cluster.findVnic(ref);
  return record && observe(driver, ref, stateOfRecord(record, packageVersion));
}
