import type { PodState } from "../kubernetes/pod.ts";
import type { StoredVnic } from "./record.ts";
import type { ObserveResult } from "../wire/session-protocol.ts";
import type { VnicState } from "./state.ts";

/** The current state of a Vnic. */
export interface Findings {
  readonly known: VnicState;
  readonly record: StoredVnic | undefined;
  /** Undefined if there is no pod of that name. */
  readonly pod: PodState | undefined;
  /** Undefined if the pod isn't the one that had the Vnic. */
  readonly node: ObserveResult | undefined;
}

/**
 * Drift in words, for a plan; all of it can be repaired in place. Addresses and a given MTU aren't included, because
 * they appear as changes of the inputs. The MAC is included, because as a changed input it would replace the NIC, and so
 * is the name, because dependents plan with the declared one.
 */
export function driftOf({ known, record, pod, node }: Findings): string[] {
  const drift: string[] = [];
  const held = `pod ${known.pod.namespace}/${known.pod.name}`;
  if (!record) drift.push("the record is missing");
  else if (record.metadata.uid !== known.uid) drift.push("the record was recreated");
  else if (record.metadata.deletionTimestamp) drift.push("the record is being deleted");
  if (!pod) drift.push(`${held} is gone`);
  else if (pod.state === "running" && pod.uid !== known.podUid) drift.push(`${held} was replaced`);
  else if (pod.state === "pending") drift.push(`${held} doesn't run: ${pod.why}`);
  else if (pod.state === "terminated") drift.push(`${held} has terminated: ${pod.why}`);
  else if (pod.state === "hostNetwork") drift.push(`${held} uses its node's network`);
  if (!node) return drift;
  const { interface: live, resourceFile, sandboxId, decidedMtu, lease } = node;
  if (known.sandboxId !== undefined && known.sandboxId !== sandboxId) drift.push(`the sandbox of ${held} was replaced`);
  if (!resourceFile) drift.push("the Vnic resource file is missing");
  if (!live) return [...drift, `the NIC is missing in ${held}`];
  if (!live.up) drift.push("the NIC is down");
  if (live.name !== known.interfaceName) drift.push(`the NIC is named ${live.name} instead of ${known.interfaceName}`);
  if (known.dhcp && !lease) drift.push("the DHCP lease is lost");
  if (lease && !live.addresses.includes(lease.address)) drift.push(`the leased address ${lease.address} is missing`);
  if (live.mac !== known.mac) drift.push(`the MAC is ${live.mac} instead of ${known.mac}`);
  if (known.mtu === undefined && decidedMtu !== undefined && live.mtu !== decidedMtu)
    drift.push(`the MTU is ${live.mtu} instead of ${decidedMtu}`);
  return [...drift, ...(node.routing ?? [])];
}
