import { randomUUID } from "node:crypto";
import { virtualNetworks } from "../model/network/cluster-addresses.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Definition } from "../model/vnic/definition.ts";
import { wantedAddressesOf } from "../model/address/address.ts";
import { isVnicError, messageOf, VnicError } from "../base/errors.ts";
import type { PodState, RunningPod } from "../model/kubernetes/pod.ts";
import { termsOf } from "../model/lease/lease.ts";
import { vnicId } from "../model/names.ts";
import { isInline } from "../model/network/reference.ts";
import { ownerOf } from "../model/kubernetes/record.ts";
import { type MetadataChange, newPlaceChange, noPlaceChange, type StoredVnic, vnicRef } from "../model/vnic/record.ts";
import type { InjectResult } from "../model/wire/session-protocol.ts";
import { type Made, type NetworkOnNode, stateOf, type VnicState } from "../model/vnic/state.ts";
import { attachedStatus } from "../model/vnic/status.ts";
import { packageVersion } from "../base/package.ts";
import { Attempt } from "./attempt.ts";
import type { HeldClaim } from "./claim.ts";
import { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
import { explain } from "./explain.ts";
import { cleanUpPreviousPlacements } from "./previous-placements.ts";
import { IncompleteError } from "./incomplete-error.ts";
import { injectPlan } from "./inject-plan.ts";
import { refuseClusterAddresses } from "./network/terms.ts";
import { preparePublication, publish, publishedEntry } from "./network/network-status.ts";
import { networkLeft, releaseLeft, releaseNotJoined } from "./network/usage.ts";
import { rememberSegment, withKnownSegment } from "./network/segments-on-node.ts";
import { confirmNetwork, joinNetwork } from "./network/vnic-network.ts";
import { claimedOwner, ensureRecord, RecordExistsError, writePlacement, withdrawRecord } from "./ownership.ts";
import { AddressClaim } from "./address/address-claim.ts";
import { refuseWithoutPlace } from "./address/network-entry.ts";
import { takeOverOlder } from "./address/take-over.ts";
import { awaitRunning, readPodState } from "./running-pod.ts";
import { emitEvents } from "./emit-events.ts";

export interface InjectOptions {
  /** The Vnic's state, if it has one. It shows that the record is ours, and where an earlier realisation has left parts. */
  readonly known?: VnicState;
  /** The record that is the source of the definition. Only our part of its metadata is written. */
  readonly sourceRecord?: StoredVnic;
  /** The state of its pod, if it was read just now. */
  readonly podState?: PodState;
  /** @default the definition's deadline for a creation */
  readonly deadlineSeconds?: number;
}

/**
 * Injects the Vnic into its pod, whatever an earlier attempt left. Creating, updating and repairing a Vnic are all done
 * by this function. A plain error means that everything is as before, an `IncompleteError` that something exists.
 */
export async function inject(driver: Driver, definition: Definition, options: InjectOptions = {}): Promise<VnicState> {
  const { cluster, claims } = driver;
  const ref = vnicRef(definition);
  const { namespace, name } = definition.pod;
  const deadline = new Deadline(
    `injecting Vnic ${vnicId(ref)} into pod ${namespace}/${name}`,
    options.deadlineSeconds ?? definition.deadlines.createSeconds,
  );

  // Observe. A Vnic that isn't in a state rarely has a record, and creating the record shows whether there is one.
  const isNew = !options.sourceRecord && !options.known && !definition.adopt;
  const [atFirst, found] = await Promise.all([
    options.podState ?? readPodState(driver, definition.pod),
    options.sourceRecord ?? (isNew ? undefined : findOwn(cluster, definition, options)),
    takeOverOlder(cluster),
    refuseClusterAddresses(cluster, definition),
  ]);
  // A record of another owner is refused before waiting for the pod.
  if (isNew && atFirst.state !== "running") await findOwn(cluster, definition, options);
  // The reconciler, which gives a source record, is notified of the next pod, so it needn't wait here and block other
  // Vnics.
  const how = { awaitsNext: options.sourceRecord === undefined };
  const pod = await awaitRunning(driver, definition.pod, atFirst, deadline, how);
  const work = (record: StoredVnic | undefined) => {
    let place: MetadataChange = {};
    return claims.hold(
      driver,
      ref,
      record,
      deadline,
      async (claim) => {
        const now = claim.waited ? await awaitRunning(driver, definition.pod, undefined, deadline, how) : pod;
        const isPlaced = !claim.waited && place.annotations !== undefined;
        return injectWithClaim({ driver, definition, options, deadline, pod: now, claim, isPlaced });
      },
      // Otherwise, the place is written together with the spec.
      (claimed) => (place = options.sourceRecord ? newPlaceChange(claimed, pod) : {}),
    );
  };
  try {
    return await work(found);
  } catch (error) {
    if (!(error instanceof RecordExistsError)) throw error;
    return work(await findOwn(cluster, definition, options));
  }
}

/** Finds the record, if there is one, and refuses a record of another owner. */
async function findOwn(
  cluster: Cluster,
  definition: Definition,
  options: InjectOptions,
): Promise<StoredVnic | undefined> {
  const found = await cluster.findVnic(vnicRef(definition));
  if (found) refuseForeignRecord(found, definition, options);
  return found;
}

/** One injection and its context. */
interface Injection {
  readonly driver: Driver;
  readonly definition: Definition;
  readonly options: InjectOptions;
  readonly deadline: Deadline;
  readonly pod: RunningPod;
  readonly claim: HeldClaim;
  /** Whether the place was written with the claim. */
  readonly isPlaced: boolean;
}

/** Injects the Vnic while a claim keeps other drivers away. */
async function injectWithClaim(injection: Injection): Promise<VnicState> {
  const [prepared, ensured] = await begin(injection);
  const result = await sync(injection, prepared, ensured);
  return finish(injection, prepared, ensured, result);
}

/** Observe and ensure. If this fails, a place that was written with the claim is removed with it. */
async function begin(injection: Injection): Promise<[Prepared, Ensured]> {
  try {
    const prepared = await prepare(injection);
    return [prepared, await ensure(injection, prepared)];
  } catch (error) {
    const { claim, isPlaced } = injection;
    // If this fails, the record names a place where nothing is, which is harmless.
    if (isPlaced && claim.record) await claim.releaseChanging(claim.record, noPlaceChange).catch(() => undefined);
    throw error;
  }
}

/** The findings before anything is written. */
interface Prepared {
  readonly network: NetworkOnNode;
  /** The network's segments as its definition names them. */
  readonly segments: readonly string[];
  /** The existing record, and its owner from now on. */
  readonly prior: StoredVnic | undefined;
  readonly owner: string | undefined;
  readonly addresses: AddressClaim;
  /** The name under which the pod will list the Vnic. */
  readonly publishAs: string | undefined;
  /** Protects the network from deletion. */
  readonly holdNetwork: () => Promise<void>;
}

/** Observe, with the claim: the record, the network on the pod's node, and what an earlier realisation left. */
async function prepare(injection: Injection): Promise<Prepared> {
  const { driver, definition, options, pod, claim } = injection;
  if (options.sourceRecord && !claim.record) throw outdatedError(options.sourceRecord);
  const owner = claim.record && refuseForeignRecord(claim.record, definition, options);
  const joined = await joinNetwork(driver.cluster, definition, pod.node);
  const { network, segments, membership, warning, hold: holdNetwork } = joined;
  if (membership) await refuseWithoutPlace(driver.cluster, membership, claim.record?.metadata.uid);
  if (warning !== undefined) driver.warn?.(warning);
  const wanted = withKnownSegment(driver.sessions, pod.node, network, segments);
  const publishAs = await preparePublication(driver, network, { ...definition.pod, uid: pod.uid });
  const prior = await cleanUpPreviousPlacements(injection, claim.record);
  return {
    publishAs,
    holdNetwork,
    network,
    segments,
    prior,
    owner,
    addresses: new AddressClaim(driver.cluster, wantedAddressesOf(definition, wanted, membership), prior, membership),
  };
}

/** The record as written, and the part of it that state keeps. */
interface Ensured {
  readonly record: StoredVnic;
  readonly made: Made;
  readonly addresses: AddressClaim;
  readonly attempt: Attempt;
}

/** Ensure: the record, with finalizer, node, pod and addresses in it. */
async function ensure(
  { driver, definition, options, pod, claim }: Injection,
  { network, prior, owner, addresses, holdNetwork }: Prepared,
): Promise<Ensured> {
  const { cluster } = driver;
  const at = { node: pod.node, uid: pod.uid, held: addresses.annotation };
  let record: StoredVnic;
  let isHeld = false;
  try {
    // An existing record has a UID to claim with, so that its spec doesn't change if the claim fails.
    const annotated = prior && (await addresses.claimFor(prior));
    isHeld = true;
    await holdNetwork();
    record =
      options.sourceRecord && annotated
        ? await writePlacement(cluster, annotated, definition, at)
        : await ensureRecord(cluster, definition, at, prior && { record: prior, owner }, () => claim.annotation());
  } catch (error) {
    // The claim was not written.
    if (error instanceof RecordExistsError) claim.abandon();
    else await claim.confirm();
    await addresses.release();
    if (isHeld) await releaseNotJoined(cluster, definition.network, prior);
    throw error;
  }
  claim.begin();
  const networkOnNode = isInline(definition.network) ? {} : { networkOnNode: network };
  const made = { uid: record.metadata.uid, node: pod.node, podUid: pod.uid, ...networkOnNode, ...ownerIn(record) };
  return { record, made, addresses, attempt: new Attempt(driver, record, pod) };
}

/** Sync: the NIC in the pod, by a session with the node. */
async function sync(
  { driver, definition, options, deadline, pod, claim }: Injection,
  { network, segments, prior }: Prepared,
  { record, made, addresses, attempt }: Ensured,
): Promise<InjectResult> {
  const { cluster } = driver;
  // After a failure half-way the actual state is unknown, so the state keeps what was applied before, if there was
  // anything.
  const incomplete = (error: unknown) =>
    new IncompleteError(error, stateOf(options.known ?? definition, made, packageVersion));
  let asked = 0;
  try {
    const approved = Promise.all([
      prior ? undefined : addresses.claim(record.metadata),
      confirmNetwork(cluster, definition),
    ]);
    approved.catch(() => undefined);
    attempt.report(`starting an injection session on node ${pod.node}`);
    const clusterNetworks = definition.dhcp ? virtualNetworks(await cluster.clusterAddresses()) : [];
    const ask = () =>
      driver.sessions.use(pod.node, deadline, (session) => {
        asked++;
        const plan = injectPlan(definition, network, record, pod, clusterNetworks, addresses.segments);
        // Opening the session may have taken long. After the deadline, another driver may have the Vnic.
        const confirmed = approved
          .then(() => claim.confirm())
          .then(() => deadline.check("the claims of its addresses"));
        return session.injectOnce(confirmed, plan, (step) =>
          attempt.report(`${step} ${plan.interfaceName} on node ${pod.node}`),
        );
      });
    return await ask().catch(async (error: unknown) => {
      if (!isVnicError(error, "refused") || error.subject?.type !== "segment") throw error;
      // The node has done nothing at its only try.
      if (asked === 1) asked = 0;
      const { name } = error.subject;
      const former = rememberSegment(driver.sessions, pod.node, network, name);
      await addresses.claimOn(name, record, segments.includes(former ?? "") ? undefined : former);
      return ask();
    });
  } catch (caught) {
    const error = await explain(cluster, caught, { node: pod.node, segments: addresses.segments, definition });
    // The node refuses only before it begins; but if a session broke, an earlier try may have begun.
    const nothingDone = asked === 0 || (asked === 1 && isVnicError(error, "refused", "conflict"));
    await attempt.end();
    // The record is another driver's now.
    if (isVnicError(error, "outdated")) throw incomplete(error);
    if (!nothingDone) {
      if (!options.sourceRecord) await attempt.fail(error);
      throw incomplete(error);
    }
    try {
      // What this attempt has claimed, another driver of the same Vnic would take for its own.
      await claim.confirm();
      await addresses.release();
      if (!options.sourceRecord) {
        const restored = await withdrawRecord(cluster, record, prior);
        if (prior && restored) await attempt.undo(prior, restored);
        else claim.abandon();
        await releaseNotJoined(cluster, definition.network, restored);
      }
    } catch (second) {
      const both = `${messageOf(error)}; and then: ${messageOf(second)}`;
      throw incomplete(new VnicError("failed", both, { cause: error }));
    }
    throw error;
  }
}

/** Return: the state, after writing it to the record's status. */
async function finish(
  { driver, definition, options, pod, claim }: Injection,
  { publishAs, prior }: Prepared,
  { record, made, addresses, attempt }: Ensured,
  result: InjectResult,
): Promise<VnicState> {
  const reported = await attempt.end();
  const { association, interface: live, lease } = result;
  const realised = {
    ...made,
    sandboxId: association.sandboxId,
    interface: live,
    ...(lease ? { lease: termsOf(lease) } : {}),
  };
  const inPod = { ...definition.pod, uid: pod.uid };
  const entry = publishAs === undefined ? undefined : publishedEntry(publishAs, inPod, live);
  try {
    await claim.confirm();
    // Before the status says that the Vnic is as declared, because after that nobody would complete it.
    const left = prior && networkLeft(prior, definition.network);
    if (left !== undefined || addresses.leavesNetworks) {
      await addresses.releaseFormer(record);
      await releaseLeft(driver.cluster, left);
    }
    // What the status names is removed later, so it is written before the annotation is changed.
    if (entry) await attempt.announce(entry);
    await publish(driver, definition.pod.namespace, record.status?.networkStatus, entry, live);
  } catch (error) {
    if (!options.sourceRecord && !isVnicError(error, "outdated")) await attempt.fail(error);
    throw new IncompleteError(error, stateOf(definition, realised, packageVersion));
  }
  const addressClaims = await addresses.known();
  const more = { addressClaims, ...(entry ? { networkStatus: entry } : {}) };
  const status = attachedStatus(reported, pod, result, new Date(), more);
  try {
    await Promise.all([
      claim.releaseWith(() => driver.cluster.applyVnicStatus(vnicRef(definition), status)),
      addresses.releaseFormer(record),
    ]);
    // Nothing depends on the event, so nothing waits for it.
    void emitAdded(driver, record, pod, result);
  } catch (error) {
    throw new IncompleteError(error, stateOf(definition, realised, packageVersion));
  }
  return stateOf(definition, realised, packageVersion);
}

/** The owner to write into the record. Refuses a record of another owner, or one that was changed since it was read. */
function refuseForeignRecord(
  record: StoredVnic,
  definition: Definition,
  { known, sourceRecord: source }: InjectOptions,
): string | undefined {
  if (!source) return claimedOwner(record, definition, known);
  const { uid, generation, deletionTimestamp } = record.metadata;
  if (uid === source.metadata.uid && generation === source.metadata.generation && !deletionTimestamp)
    return ownerOf(record);
  throw outdatedError(record);
}

function outdatedError({ metadata }: StoredVnic): VnicError {
  return new VnicError("outdated", `Vnic ${vnicId(metadata)} was changed by another process meanwhile`);
}

/** Creates the event for a new link. Does nothing if the link existed before. */
async function emitAdded(
  driver: Driver,
  record: StoredVnic,
  pod: RunningPod,
  { steps, interface: live }: InjectResult,
) {
  if (!steps.some(({ step }) => step === "creating")) return;
  await emitEvents(driver, record, pod.uid, {
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
