import pLimit from "p-limit";
import type { Cluster } from "../../cluster/cluster.ts";
import { memberSelector } from "../../model/address/membership.ts";
import { finalizer, labels, networkFinalizer, networkLabel, vnicId } from "../../model/names.ts";
import { isNamed, namesNetwork, type NetworkReference } from "../../model/network/reference.ts";
import { isRealised } from "../../model/vnic/pending.ts";
import type { StoredVnic, VnicSpec } from "../../model/vnic/record.ts";

/* Which Vnics use a VnicNetwork, and its release when none does any more, so that it can be deleted. */

/**
 * The records of the Vnics that use a network: the record names it, or the Vnic's NIC may still be on it, because the
 * record names another network that the Vnic isn't on. Claims say where a NIC is, which only drivers write.
 */
export async function recordsOn(cluster: Cluster, name: string): Promise<StoredVnic[]> {
  const users = await recordsNaming(cluster, name);
  return [...users, ...(await holdersOn(cluster, name, users))];
}

/** The records that name the network. */
async function recordsNaming(cluster: Cluster, name: string): Promise<StoredVnic[]> {
  return (await cluster.listVnics(selectorOf(name))).filter((record) => isUsedBy(record, name));
}

/** Whether there is a record that names the network. It isn't read how many: each Vnic that leaves asks this. */
function isNamedByAny(cluster: Cluster, name: string): Promise<boolean> {
  return cluster.hasVnic(selectorOf(name), (record) => isUsedBy(record, name));
}

function selectorOf(name: string): string {
  return `${labels.network}=${networkLabel(name)}`;
}

function isUsedBy(record: StoredVnic, name: string): boolean {
  return namesNetwork(record.spec.network, name) && isInUse(record);
}

/** The records, other than those, of the Vnics that have a claim on a network and aren't realised on another one. */
async function holdersOn(cluster: Cluster, name: string, known: readonly StoredVnic[]): Promise<StoredVnic[]> {
  const claims = await cluster.listAddresses(memberSelector(name));
  const uids = new Set(known.map(({ metadata }) => metadata.uid));
  const holders = new Map(claims.map(({ spec: { holder } }) => [holder.uid, holder]));
  const limit = pLimit(8);
  const found = await Promise.all(
    [...holders.values()]
      .filter(({ uid }) => !uids.has(uid))
      .map((holder) =>
        limit(async () => {
          const record = await cluster.findVnic(holder);
          const isHolder = record?.metadata.uid === holder.uid && isInUse(record);
          return isHolder && (namesNetwork(record.spec.network, name) || !isRealised(record)) ? record : undefined;
        }),
      ),
  );
  return found.filter((record) => record !== undefined);
}

/** A deleted record without our finalizer isn't in use: its NIC is gone, and only somebody else's finalizer keeps it. */
function isInUse({ metadata }: StoredVnic): boolean {
  return !metadata.deletionTimestamp || metadata.finalizers?.includes(finalizer) === true;
}

/** The IDs of the Vnics that use a network. */
export async function vnicsOn(cluster: Cluster, name: string): Promise<string[]> {
  return (await recordsOn(cluster, name)).map(({ metadata }) => vnicId(metadata));
}

/** Removes the finalizer of a network after its last Vnic is gone, so that it can be deleted. */
export async function releaseIfUnused(cluster: Cluster, name: string): Promise<void> {
  const record = await cluster.findNetwork(name);
  const { finalizers = [] } = record?.metadata ?? {};
  if (!record || !finalizers.includes(networkFinalizer)) return;
  // The claims are read only if no record names the network, which is rare.
  if ((await isNamedByAny(cluster, name)) || (await holdersOn(cluster, name, [])).length > 0) return;
  await cluster.releaseNetwork(name, record.metadata.uid, record);
  // A Vnic that was added in the meantime relied on the finalizer. Its record names the network.
  if (await isNamedByAny(cluster, name)) await cluster.holdNetwork(name, record.metadata.uid);
}

/**
 * Releases the network of an injection that has left nothing, unless the Vnic's restored record names that network as
 * well.
 */
export async function releaseNotJoined(
  cluster: Cluster,
  network: NetworkReference,
  restored: StoredVnic | undefined,
): Promise<void> {
  if (isNamed(network) && !(restored && namesNetwork(restored.spec.network, network.name)))
    await releaseIfUnused(cluster, network.name);
}

/**
 * The label of the VnicNetwork on which a record was written last, if the Vnic is to be on another network, or was to
 * be when it was deleted.
 */
export function networkLeft({ metadata }: StoredVnic, network: VnicSpec["network"]): string | undefined {
  const former = metadata.labels?.[labels.network];
  return isNamed(network) && former === networkLabel(network.name) ? undefined : former;
}

/**
 * Removes the finalizer of networks that a Vnic has left, as far as no other Vnics are on them: of the one with the label
 * `left`, and of each that is being deleted, because the record may have named others since.
 */
export async function releaseLeft(cluster: Cluster, left: string | undefined): Promise<void> {
  const networks = await cluster.listNetworks();
  for (const { metadata } of networks)
    if (metadata.deletionTimestamp || networkLabel(metadata.name) === left)
      await releaseIfUnused(cluster, metadata.name);
}
