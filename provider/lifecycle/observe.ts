import { type VnicRef } from "../model/names.ts";
import { readPod } from "../model/pod.ts";
import type { VnicState } from "../model/state.ts";
import { Deadline, type Driver } from "./driver.ts";

/** What is really there of a Vnic, as its state; undefined only when it is certain that it is gone. */
export async function observe(
  { cluster, sessions }: Driver,
  ref: VnicRef,
  known: VnicState,
): Promise<VnicState | undefined> {
  const deadline = new Deadline(`observing Vnic ${ref.namespace}/${ref.name}`, known.deadlines.updateSeconds);
  const record = await cluster.findVnic(ref);
  if (!record || record.metadata.deletionTimestamp || record.metadata.uid !== known.uid) return undefined;
  const object = await cluster.findPod(known.pod.namespace, known.pod.name);
  const pod = object && readPod(object);
  if (pod?.state !== "running" || pod.uid !== known.podUid) return undefined;
  const plan = { vnic: { uid: known.uid, ...ref }, pod: { ...known.pod, uid: pod.uid, containerId: pod.containerId } };
  const at = { node: pod.node, runtime: pod.containerId.split("://")[0] ?? "" };
  const { interface: live, association } = await sessions.use(at, deadline, (session) =>
    session.request("observe", { plan }),
  );
  if (!live || !association) return undefined;
  return {
    ...known,
    node: pod.node,
    sandboxId: association.sandboxId,
    interface: live,
    mac: live.mac,
    interfaceName: live.name,
    addresses: inOrderOf(known.addresses, live.addresses),
    // An MTU that nobody asked for stays an output.
    ...(known.mtu === undefined ? {} : { mtu: live.mtu }),
  };
}

/** The kernel lists addresses in its own order, which is no difference. */
function inOrderOf(wanted: readonly string[], live: readonly string[]): string[] {
  return [
    ...wanted.filter((address) => live.includes(address)),
    ...live.filter((address) => !wanted.includes(address)),
  ];
}
