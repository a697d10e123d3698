import { randomUUID } from "node:crypto";
import type { Definition } from "../model/vnic/definition.ts";
import { holdingsOf } from "../model/address/address.ts";
import { isVnicError, messageOf, VnicError } from "../base/errors.ts";
import type { RunningPod } from "../model/kubernetes/pod.ts";
import { termsOf } from "../model/lease/lease.ts";
import { vnicId } from "../model/names.ts";
import { isInline } from "../model/network/reference.ts";
import { ownerOf, placeOf, type StoredVnic, vnicRef } from "../model/vnic/record.ts";
import type { InjectResult } from "../model/wire/session-protocol.ts";
import { stateOf, type VnicState } from "../model/vnic/state.ts";
import { attachedStatus } from "../model/vnic/status.ts";
import { packageVersion } from "../base/package.ts";
import { Attempt } from "./attempt.ts";
import type { HeldClaim } from "./claim.ts";
import { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
import { eject, removeFromNode } from "./eject.ts";
import { injectPlan } from "./inject-plan.ts";
import { refuseClusterAddresses } from "./network/terms.ts";
import { joinNetwork, refuseLeaving } from "./network/vnic-network.ts";
import { claimedOwner, ensureRecord, placeRecord, withdrawRecord } from "./ownership.ts";
import { AddressClaim } from "./address/address-claim.ts";
import { takeOverOlder } from "./address/take-over.ts";
import { awaitRunning, lookAtPod } from "./running-pod.ts";
import { tell } from "./tell.ts";

/** The Vnic exists, but not all of it: `state` is what must be kept to finish it or to take it away. */
export class IncompleteError extends VnicError {
  readonly state: VnicState;

  constructor(cause: unknown, state: VnicState) {
    super(isVnicError(cause) ? cause.kind : "failed", messageOf(cause), { cause });
    this.state = state;
  }
}

export interface InjectOptions {
  /** The Vnic as state knows it: its record is ours whatever it is called, and what is left of it goes first. */
  readonly known?: VnicState;
  /** The record that the definition was read from. It leads: nothing of it is written but our part of its metadata. */
  readonly lead?: StoredVnic;
  /** @default the definition's for a creation */
  readonly deadlineSeconds?: number;
}

/**
 * Brings the Vnic into its pod, from wherever an earlier try ended; creating, updating and repairing are all this. A plain
 * error means that all is as it was before, an `IncompleteError` that something exists.
 */
export async function inject(driver: Driver, definition: Definition, options: InjectOptions = {}): Promise<VnicState> {
  const { cluster, claims } = driver;
  const ref = vnicRef(definition);
  const { namespace, name } = definition.pod;
  const deadline = new Deadline(
    `putting Vnic ${vnicId(ref)} into pod ${namespace}/${name}`,
    options.deadlineSeconds ?? definition.deadlines.createSeconds,
  );

  // Observe
  const [atFirst, found] = await Promise.all([
    lookAtPod(driver, definition.pod),
    options.lead ?? cluster.findVnic(ref),
    takeOverOlder(cluster),
    refuseClusterAddresses(cluster, definition),
  ]);
  if (found) refuseStranger(found, definition, options);
  const pod = await awaitRunning(driver, definition.pod, atFirst, deadline);
  return claims.hold(driver, ref, found, deadline, async (claim) => {
    const now = claim.waited ? await awaitRunning(driver, definition.pod, undefined, deadline) : pod;
    return injectAlone({ driver, definition, options, deadline, pod: now, claim });
  });
}

interface Injection {
  readonly driver: Driver;
  readonly definition: Definition;
  readonly options: InjectOptions;
  readonly deadline: Deadline;
  readonly pod: RunningPod;
  readonly claim: HeldClaim;
}

/** The rest of it, while nobody else works on the same Vnic. */
async function injectAlone(injection: Injection): Promise<VnicState> {
  const { driver, definition, options, deadline, pod, claim } = injection;
  const { cluster } = driver;
  const ref = vnicRef(definition);
  if (options.lead && !claim.record) throw outdated(options.lead);
  const owner = claim.record && refuseStranger(claim.record, definition, options);
  const { network, segments } = await joinNetwork(cluster, definition, pod.node);
  const prior = await leaveFormerPlaces(injection);

  // Ensure
  const addresses = new AddressClaim(cluster, holdingsOf(definition, segments), prior);
  const at = { node: pod.node, uid: pod.uid, held: addresses.annotation };
  let record: StoredVnic;
  try {
    // A record that stands has a UID to claim by, so that nothing of it is changed when that fails.
    if (prior) await addresses.claimFor(prior);
    record =
      options.lead && prior
        ? await placeRecord(cluster, prior, definition, at)
        : await ensureRecord(cluster, definition, at, prior && { record: prior, owner }, claim.annotation());
  } catch (error) {
    await addresses.yield();
    throw error;
  }
  claim.begin();
  const attempt = new Attempt(driver, record, pod);
  const networkOnNode = isInline(definition.network) ? {} : { networkOnNode: network };
  const made = { uid: record.metadata.uid, node: pod.node, podUid: pod.uid, ...networkOnNode, ...ownerIn(record) };
  // What really is of a Vnic that failed half-way nobody knows: the state keeps what was applied before, if anything was.
  const incomplete = (error: unknown) =>
    new IncompleteError(error, stateOf(options.known ?? definition, made, packageVersion));

  // Sync
  let asked = 0;
  let result: InjectResult;
  try {
    const unrivalled = Promise.all([
      prior ? undefined : addresses.claim(record.metadata),
      refuseLeaving(cluster, definition),
    ]).then(() => undefined);
    unrivalled.catch(() => undefined);
    attempt.report(`starting an injection session on node ${pod.node}`);
    result = await driver.sessions.use(pod.node, deadline, (session) => {
      asked++;
      const plan = injectPlan(definition, network, record, pod);
      return session.injectOnce(unrivalled, plan, (step) =>
        attempt.report(`${step} ${plan.interfaceName} on node ${pod.node}`),
      );
    });
  } catch (error) {
    // What the node refused it refused before it began, unless a session broke over an earlier try.
    const nothingDone = asked === 0 || (asked === 1 && isVnicError(error, "refused", "conflict"));
    await attempt.end();
    if (!nothingDone) {
      if (!options.lead) await attempt.fail(error);
      throw incomplete(error);
    }
    try {
      await addresses.yield();
      if (!options.lead) {
        const restored = await withdrawRecord(cluster, record, prior);
        if (prior && restored) await attempt.undo(prior, restored);
      }
    } catch (second) {
      const both = `${messageOf(error)}; and then: ${messageOf(second)}`;
      throw incomplete(new VnicError("failed", both, { cause: error }));
    }
    throw error;
  }

  // Return
  const told = await attempt.end();
  const { association, interface: live, lease } = result;
  const realised = {
    ...made,
    sandboxId: association.sandboxId,
    interface: live,
    ...(lease ? { lease: termsOf(lease) } : {}),
  };
  try {
    await Promise.all([
      cluster.applyVnicStatus(ref, attachedStatus(told, pod, result, new Date())),
      addresses.dropFormer(record),
      claim.release(),
      tellOfAdded(driver, record, pod, result),
    ]);
  } catch (error) {
    throw new IncompleteError(error, stateOf(definition, realised, packageVersion));
  }
  return stateOf(definition, realised, packageVersion);
}

/** An owner that may work on the record; refuses to touch one that is somebody else's, or was changed since it was read. */
function refuseStranger(
  record: StoredVnic,
  definition: Definition,
  { known, lead }: InjectOptions,
): string | undefined {
  if (!lead) return claimedOwner(record, definition, known);
  const { uid, generation, deletionTimestamp } = record.metadata;
  if (uid === lead.metadata.uid && generation === lead.metadata.generation && !deletionTimestamp)
    return ownerOf(record);
  throw outdated(record);
}

function outdated({ metadata }: StoredVnic): VnicError {
  return new VnicError("outdated", `Vnic ${vnicId(metadata)} was changed by somebody else meanwhile`);
}

/** Creates the event for a link that was made now; none for one that was there before. */
async function tellOfAdded(
  driver: Driver,
  record: StoredVnic,
  pod: RunningPod,
  { steps, interface: live }: InjectResult,
) {
  if (!steps.some(({ step }) => step === "creating")) return;
  await tell(driver, record, pod.uid, {
    type: "Normal",
    reason: "AddedInterface",
    message: `${live.name} (${live.mac}) with ${live.addresses.join(", ")} is up, by Vnic ${record.metadata.name}`,
    key: randomUUID(),
  });
}

function ownerIn(record: StoredVnic): { owner?: string } {
  const owner = ownerOf(record);
  return owner === undefined ? {} : { owner };
}

/**
 * Takes away what stands in the way: a record that is half deleted, and what an earlier realisation has left on another
 * node or under a UID that has no record any more. Before the new record, which would forget where that was. Answers with
 * the record that still stands.
 */
async function leaveFormerPlaces({
  driver,
  definition,
  options: { known },
  deadline,
  pod,
  claim: { record: found },
}: Injection): Promise<StoredVnic | undefined> {
  const ref = vnicRef(definition);
  const keeping = { keepLease: definition.dhcp !== undefined };
  if (known && known.uid !== found?.metadata.uid)
    await removeFromNode(driver, { ...ref, uid: known.uid }, known.node, definition.pod.name, deadline, keeping);
  if (found?.metadata.deletionTimestamp) {
    await eject(driver, ref, { uid: found.metadata.uid }, deadline);
    return undefined;
  }
  const place = found && placeOf(found);
  if (place && place.node !== pod.node) {
    driver.report(`taking it off node ${place.node}`);
    await removeFromNode(driver, { ...ref, uid: found.metadata.uid }, place.node, undefined, deadline, keeping);
  }
  return found;
}
