import { problemWords } from "../model/schema/problem.ts";
import type { Cluster, VnicSetCluster } from "../cluster/cluster.ts";
import { isVnicError, VnicError } from "../base/errors.ts";
import { labels, reconcilerName, systemNamespace, type VnicRef, vnicId } from "../model/names.ts";
import { foreignRecordError, isOwn, ownedBy } from "../model/kubernetes/ownership.ts";
import { ownerOf } from "../model/kubernetes/record.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { SetDefinition } from "../model/vnic-set/definition.ts";
import { isMember } from "../model/vnic-set/expansion.ts";
import { canonicalSet, setRecordOf, type StoredVnicSet } from "../model/vnic-set/record.ts";
import { setDefinitionOf, setStateOf, type VnicSetState } from "../model/vnic-set/state.ts";
import { packageVersion } from "../base/package.ts";
import { Deadline } from "./deadline.ts";
import { IncompleteError } from "./incomplete-error.ts";

/*
 * A VnicSet is only a record, whose Vnics the reconciler creates. These functions write the record, and wait for the
 * Vnics.
 */

export interface SetDriver {
  readonly cluster: Cluster & VnicSetCluster;
  /** Shows in a few words what the operation waits for; the next text replaces it. */
  readonly report: (text: string) => void;
}

const pollMilliseconds = 500;

/**
 * Writes the set, and waits until all pods that it selects at that moment have their Vnic.
 *
 * @param known The set's state, if it exists.
 */
export async function applySet(
  driver: SetDriver,
  definition: SetDefinition,
  { known, deadlineSeconds }: { known?: VnicSetState; deadlineSeconds: number },
): Promise<VnicSetState> {
  const { cluster } = driver;
  const ref = refOf(definition);
  const deadline = new Deadline(`serving the pods of VnicSet ${vnicId(ref)}`, deadlineSeconds);

  // Observe
  await awaitReconciler(driver, deadline);
  let found = await cluster.findVnicSet(ref);
  if (found?.metadata.deletionTimestamp) {
    await awaitGone(driver, found, deadline);
    found = undefined;
  }
  if (found && !isOwn(found, definition.declaredBy, known))
    throw foreignRecordError(`VnicSet ${vnicId(ref)}`, found, "choose another name, or remove that one first");

  // Ensure
  const record = setRecordOf(found ? ownedBy(definition, ownerOf(found)) : definition);
  const applied = await cluster.applyVnicSet(record, { force: found !== undefined });

  // Sync
  let last = applied;
  try {
    last = await awaitServed(driver, applied, deadline, (set) => (last = set));
  } catch (error) {
    throw new IncompleteError(error, setStateOf(known ?? definition, last, [], packageVersion));
  }

  // Return
  return setStateOf(definition, last, await membersOf(cluster, last), packageVersion);
}

/** Removes the set, after its Vnics. Succeeds if it is gone already. */
export async function removeSet(driver: SetDriver, known: VnicSetState): Promise<void> {
  const { cluster } = driver;
  const ref = refOf(known);
  const deadline = new Deadline(`deleting VnicSet ${vnicId(ref)}`, known.deadlines.deleteSeconds);
  const found = await findSet(cluster, ref);
  // A set with another UID is a new one; one with another owner was taken over.
  if (found?.metadata.uid !== known.uid || ownerOf(found) !== known.owner) return;
  if (!found.metadata.deletionTimestamp) await cluster.deleteVnicSet(ref, known.uid);
  await awaitGone(driver, found, deadline);
}

/** The current state of a set; undefined if it is certain that it is gone. */
export async function observeSet(
  { cluster }: SetDriver,
  ref: VnicRef,
  known: VnicSetState | undefined,
): Promise<VnicSetState | undefined> {
  const found = await findSet(cluster, ref);
  if (!found || (known && found.metadata.uid !== known.uid)) return undefined;
  const definition = known ? setDefinitionOf(known) : undefined;
  const canonical = canonicalSet(found);
  if ("problems" in canonical)
    throw new VnicError("invalid", `VnicSet ${vnicId(ref)}: ${problemWords(canonical.problems)}`);
  // Changes in the cluster appear as changes of the inputs.
  const {
    selector: _,
    workload: __,
    addresses: ___,
    ...lasting
  } = definition ??
  ({
    ...ref,
    deadlines: { createSeconds: 120, updateSeconds: 120, deleteSeconds: 120 },
  } as SetDefinition);
  const seen = { ...lasting, ...canonical.set.spec };
  return setStateOf(seen, found, await membersOf(cluster, found), packageVersion);
}

/** Waits for the reconciler; a VnicSet does nothing without one. */
async function awaitReconciler({ cluster, report }: SetDriver, deadline: Deadline): Promise<void> {
  for (;;) {
    const found = await cluster.findReconciler();
    if (!found)
      throw new VnicError(
        "notInstalled",
        `a VnicSet needs the reconciler, and there is no Deployment ${systemNamespace}/${reconcilerName}; install it: npx pulumi-vnic manifests | kubectl apply -f -, or a Platform`,
      );
    if (found.ready > 0) return;
    report("waiting for the reconciler to run");
    await deadline.wait(pollMilliseconds, `Deployment ${systemNamespace}/${reconcilerName} to have a ready replica`);
  }
}

async function awaitServed(
  { cluster, report }: SetDriver,
  applied: StoredVnicSet,
  deadline: Deadline,
  onLook: (set: StoredVnicSet) => void,
): Promise<StoredVnicSet> {
  const { namespace, name, uid, generation } = applied.metadata;
  let pods: number | undefined;
  let awaited = "the reconciler to see it";
  for (;;) {
    const set = await cluster.findVnicSet({ namespace, name });
    if (set?.metadata.uid !== uid)
      throw new VnicError("refused", `VnicSet ${namespace}/${name} was deleted by another process meanwhile`);
    onLook(set);
    const { status } = set;
    if (status && status.observedGeneration >= generation) {
      const readiness = status.conditions.find(({ type }) => type === "Ready");
      if (readiness?.reason === "Invalid") throw new VnicError("invalid", readiness.message);
      // Don't wait for pods that were added in the meantime.
      pods = Math.min(pods ?? status.desired, status.desired);
      report(`${status.ready}/${pods} pods are served`);
      if (status.ready >= pods && readiness?.reason !== "WorkloadMissing") return set;
      awaited = `its pods to be served: ${readiness?.message}`;
    }
    await deadline.wait(pollMilliseconds, awaited);
  }
}

async function awaitGone({ cluster, report }: SetDriver, set: StoredVnicSet, deadline: Deadline): Promise<void> {
  const { namespace, name, uid } = set.metadata;
  for (;;) {
    if ((await cluster.findVnicSet({ namespace, name }))?.metadata.uid !== uid) return;
    const left = (await membersOf(cluster, set)).length;
    report(`${left} Vnics are left`);
    await deadline.wait(
      pollMilliseconds,
      `the reconciler (Deployment ${systemNamespace}/${reconcilerName}) to delete its Vnics; ${left} are left`,
    );
  }
}

async function membersOf(cluster: Cluster, set: StoredVnicSet): Promise<StoredVnic[]> {
  const found = await cluster.listVnics(`${labels.set}=${set.metadata.name}`, set.metadata.namespace);
  return found.filter((vnic) => isMember(set, vnic));
}

/** The record; undefined also if the cluster doesn't have our API group. */
async function findSet(cluster: VnicSetCluster, ref: VnicRef): Promise<StoredVnicSet | undefined> {
  try {
    return await cluster.findVnicSet(ref);
  } catch (error) {
    if (isVnicError(error, "notInstalled")) return undefined;
    throw error;
  }
}

function refOf({ namespace, name }: VnicRef): VnicRef {
  return { namespace, name };
}
