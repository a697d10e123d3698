import { type VnicRef } from "../model/names.ts";
import { readPod } from "../model/pod.ts";
import type { VnicState } from "../model/state.ts";
import { Deadline, type Driver } from "./driver.ts";

/**
 * What is really there of a Vnic, as its state: without `interface` when the NIC isn't in the pod but something of it
 * still stands, which an injection mends and an ejection takes away; undefined only when it is certain that nothing does.
 */
export async function observe(driver: Driver, ref: VnicRef, known: VnicState): Promise<VnicState | undefined> {
  const deadline = new Deadline(`observing Vnic ${ref.namespace}/${ref.name}`, known.deadlines.updateSeconds);
  const [record, seen] = await Promise.all([driver.cluster.findVnic(ref), observeNic(driver, ref, known, deadline)]);
  const { interface: _, sandboxId: __, ...bare } = known;
  if (!seen) return record?.metadata.uid === known.uid ? bare : undefined;
  const { interface: live, sandboxId } = seen;
  return {
    ...bare,
    sandboxId,
    interface: live,
    mac: live.mac,
    interfaceName: live.name,
    addresses: inOrderOf(known.addresses, live.addresses),
    // An MTU that nobody asked for stays an output.
    ...(known.mtu === undefined ? {} : { mtu: live.mtu }),
  };
}

/** The NIC as it is in its pod now; undefined when the pod has terminated or doesn't have it. */
async function observeNic({ cluster, sessions }: Driver, ref: VnicRef, known: VnicState, deadline: Deadline) {
  const object = await cluster.findPod(known.pod.namespace, known.pod.name);
  const pod = object && readPod(object);
  if (pod?.state !== "running" || pod.uid !== known.podUid) return undefined;
  const plan = { vnic: { uid: known.uid, ...ref }, pod: { ...known.pod, uid: pod.uid, containerId: pod.containerId } };
  const at = { node: pod.node, runtime: pod.containerId.split("://")[0] ?? "" };
  const found = await sessions.use(at, deadline, (session) => session.request("observe", { plan }));
  return found.interface && found.association
    ? { interface: found.interface, sandboxId: found.association.sandboxId }
    : undefined;
}

/** The kernel lists addresses in its own order, which is no difference. */
function inOrderOf(wanted: readonly string[], live: readonly string[]): string[] {
  return [
    ...wanted.filter((address) => live.includes(address)),
    ...live.filter((address) => !wanted.includes(address)),
  ];
}
