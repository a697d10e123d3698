import type { Association } from "../model/session-protocol.ts";
import type { Definition } from "../model/definition.ts";
import { isVnicError, messageOf, VnicError } from "../model/errors.ts";
import { type RunningPod } from "../model/pod.ts";
import { ownerOf, placeOf, readyStatus, recordOf, type StoredVnic, vnicRef } from "../model/record.ts";
import type { InjectPlan, Interface } from "../model/session-protocol.ts";
import { stateOf, type VnicState } from "../model/state.ts";
import { packageVersion } from "../package.ts";
import { Deadline, type Driver } from "./driver.ts";
import { eject, removeFromNode } from "./eject.ts";
import { refuseForeign, refuseHeldByOthers } from "./holders.ts";
import { awaitRunningPod } from "./running-pod.ts";

/** The Vnic exists, but not all of it: `state` is what must be kept to finish it or to take it away. */
export class IncompleteError extends VnicError {
  readonly state: VnicState;

  constructor(cause: unknown, state: VnicState) {
    super(isVnicError(cause) ? cause.kind : "failed", messageOf(cause), { cause });
    this.state = state;
  }
}

export interface InjectOptions {
  /** Owners other than `definition.declaredBy` under which the record may stand: who declared it before a rename. */
  readonly formerOwners?: readonly (string | undefined)[];
  readonly deadlineSeconds?: number;
}

/**
 * Brings the Vnic into its pod, from wherever an earlier try ended; creating, updating and repairing are all this. A plain
 * error means that nothing was left behind, an `IncompleteError` that something exists.
 */
export async function inject(driver: Driver, definition: Definition, options: InjectOptions = {}): Promise<VnicState> {
  const { cluster, sessions, report } = driver;
  const ref = vnicRef(definition);
  const deadline = new Deadline(
    `putting Vnic ${ref.namespace}/${ref.name} into pod ${definition.pod.namespace}/${definition.pod.name}`,
    options.deadlineSeconds ?? definition.deadlines.createSeconds,
  );

  // Observe
  const [pod, found] = await Promise.all([
    awaitRunningPod(driver, definition.pod, deadline),
    cluster.findVnic(ref),
    refuseHeldByOthers(cluster, definition),
  ]);
  const prior = await settled(driver, found, definition, options, deadline);

  // Ensure
  const record = await ensureRecord(driver, definition, pod, prior);
  const made = { uid: record.metadata.uid, node: pod.node, podUid: pod.uid, providerVersion: packageVersion };

  // Sync
  let asked = false;
  let result: { interface: Interface; association: Association };
  try {
    report(`starting an injection session on node ${pod.node}`);
    await refuseHeldByOthers(cluster, definition, record);
    await leaveFormerNode(driver, prior, pod, deadline);
    result = await sessions.use(placeOfPod(pod), deadline, (session) => {
      asked = true;
      const plan = injectPlan(definition, record, pod);
      return session.request("inject", { plan }, (step) =>
        report(`${step} ${definition.interfaceName} on node ${pod.node}`),
      );
    });
  } catch (error) {
    // Whatever was refused was refused before it began: a record that is as new as the try goes with it.
    const nothingDone = !asked || isVnicError(error, "refused");
    if (prior || !nothingDone) throw new IncompleteError(error, stateOf(definition, made));
    await withdraw(driver, record, error, stateOf(definition, made));
    throw error;
  }

  // Return
  const state = stateOf(definition, { ...made, association: result.association, interface: result.interface });
  try {
    await cluster.applyVnicStatus(
      ref,
      readyStatus(pod.node, result.association, result.interface, record.metadata.generation ?? 1, new Date()),
    );
  } catch (error) {
    throw new IncompleteError(error, state);
  }
  return state;
}

/** The record that stands already, if it may be ours; one that is half deleted is first deleted whole. */
async function settled(
  driver: Driver,
  found: StoredVnic | undefined,
  definition: Definition,
  options: InjectOptions,
  deadline: Deadline,
) {
  if (!found) return undefined;
  refuseForeign(found, [definition.declaredBy, ...(options.formerOwners ?? [])]);
  if (!found.metadata.deletionTimestamp) return found;
  await eject(driver, vnicRef(definition), { uid: found.metadata.uid }, deadline);
  return undefined;
}

/** Applies the record: finalizer, node and pod in it, before anything is done on the node. */
async function ensureRecord(
  { cluster }: Driver,
  definition: Definition,
  pod: RunningPod,
  prior: StoredVnic | undefined,
): Promise<StoredVnic> {
  // After a rename the record keeps its first owner: the name by which it is ours.
  const owner = prior ? ownerOf(prior) : definition.declaredBy;
  const { declaredBy: _, ...rest } = definition;
  const record = recordOf(owner === undefined ? rest : { ...rest, declaredBy: owner }, {
    node: pod.node,
    podUid: pod.uid,
  });
  try {
    // Ours may be forced back to what it was declared as; a new one must meet no other owner.
    return await cluster.applyVnic(record, { force: prior !== undefined });
  } catch (error) {
    if (!isVnicError(error, "conflict")) throw error;
    const other = await cluster.findVnic(vnicRef(definition));
    if (other) refuseForeign(other, [definition.declaredBy]);
    throw error;
  }
}

/** The pod has moved to another node since: what is left on the former one goes before anything is made on the new one. */
async function leaveFormerNode(
  driver: Driver,
  prior: StoredVnic | undefined,
  pod: RunningPod,
  deadline: Deadline,
): Promise<void> {
  const former = prior && placeOf(prior);
  if (!former || former.node === pod.node) return;
  driver.report(`taking it off node ${former.node}`);
  await removeFromNode(driver, { ...vnicRefOf(prior), uid: prior.metadata.uid }, former.node, undefined, deadline);
}

async function withdraw(driver: Driver, record: StoredVnic, cause: unknown, state: VnicState): Promise<void> {
  try {
    const ref = vnicRefOf(record);
    await driver.cluster.deleteVnic(ref, record.metadata.uid);
    await driver.cluster.releaseVnic(ref, record.metadata.uid);
  } catch (error) {
    throw new IncompleteError(
      new VnicError("failed", `${messageOf(cause)}; and then: ${messageOf(error)}`, { cause }),
      state,
    );
  }
}

function vnicRefOf({ metadata }: StoredVnic) {
  return { namespace: metadata.namespace, name: metadata.name };
}

function placeOfPod({ node, containerId }: RunningPod) {
  return { node, runtime: containerId.split("://")[0] ?? "" };
}

function injectPlan(definition: Definition, record: StoredVnic, { uid, containerId }: RunningPod): InjectPlan {
  const { pod, network, addresses, mac, interfaceName, mtu } = definition;
  return {
    vnic: { uid: record.metadata.uid, ...vnicRef(definition) },
    pod: { ...pod, uid, containerId },
    network,
    interfaceName,
    mac,
    addresses: [...addresses],
    ...(mtu === undefined ? {} : { mtu }),
  };
}
