import pLimit from "p-limit";
import type { Cluster } from "../../cluster/cluster.ts";
import { isVnicError, VnicError } from "../../base/errors.ts";
import {
  addressName,
  addressRecord,
  type Holder,
  type StoredAddress,
  type WantedAddress,
} from "../../model/address/address.ts";
import { withoutMembership } from "../../model/address/membership.ts";
import { vnicId } from "../../model/names.ts";
import type { KnownClaim } from "../../model/vnic/conditions.ts";
import { ownerOf } from "../../model/kubernetes/record.ts";

/*
 * Claims of a Vnic's addresses and MAC, each by an object of its own. The first to create the object has the
 * address.
 */

type AddressKeeper = Pick<Cluster, "createAddress" | "findAddress" | "transferAddress" | "deleteAddress" | "findVnic">;

/** The claims that a Vnic has now, and those of them that are new. */
export interface Holdings {
  readonly all: readonly StoredAddress[];
  readonly gained: readonly StoredAddress[];
}

/**
 * Claims all addresses for the holder, or none: a `conflict` names the Vnic that has one of them. Can be repeated.
 *
 * @param kept Those that the holder probably has already. They are read first, so that they aren't claimed in vain.
 */
export async function claimAddresses(
  cluster: AddressKeeper,
  holdings: readonly WantedAddress[],
  holder: Holder,
  kept: readonly WantedAddress[] = [],
): Promise<Holdings> {
  const atOnce = pLimit(8);
  const found = await Promise.all(kept.map((holding) => atOnce(() => cluster.findAddress(addressName(holding)))));
  const own = new Map(found.map((address) => [address?.metadata.name, address]));
  const all: StoredAddress[] = [];
  const gained: StoredAddress[] = [];
  // If several claimants want the same addresses, all claim them one by one in the same order, so that one of the
  // claimants gets all.
  const ordered = holdings.map((holding) => ({ holding, name: addressName(holding) }));
  ordered.sort((one, other) => (one.name < other.name ? -1 : 1));
  try {
    for (const { holding, name } of ordered) {
      const known = own.get(name);
      const isOwn = known?.spec.holder.uid === holder.uid;
      const { address, isNew } = isOwn
        ? { address: known, isNew: false }
        : await claimAddress(cluster, holding, holder);
      all.push(address);
      if (isNew) gained.push(address);
    }
  } catch (error) {
    // An address that can't be released now can be taken over once the record is gone.
    await dropAddresses(cluster, gained).catch(() => undefined);
    throw error;
  }
  return { all, gained };
}

/**
 * Refuses addresses that another Vnic holds, without claiming anything: claims that are released again would wake up
 * other waiting Vnics.
 */
export async function refuseHeldAddresses(
  cluster: AddressKeeper,
  holdings: readonly WantedAddress[],
  { uid }: Holder,
): Promise<void> {
  for (const holding of holdings) {
    const held = await cluster.findAddress(addressName(holding));
    if (held && held.spec.holder.uid !== uid) await refuseHeld(cluster, holding, held);
  }
}

/** Claims one address, if the holder doesn't have it already. */
async function claimAddress(
  cluster: AddressKeeper,
  holding: WantedAddress,
  holder: Holder,
): Promise<{ readonly address: StoredAddress; readonly isNew: boolean }> {
  for (;;) {
    const created = await cluster.createAddress(addressRecord(holding, holder));
    if (created) return { address: created, isNew: true };
    const held = await cluster.findAddress(addressName(holding));
    if (!held) continue;
    if (held.spec.holder.uid === holder.uid) return { address: held, isNew: false };
    await refuseHeld(cluster, holding, held);
    try {
      const labels = { ...withoutMembership(held), ...holding.labels };
      return { address: await cluster.transferAddress(held, holder, labels), isNew: true };
    } catch (error) {
      if (!isVnicError(error, "outdated")) throw error;
    }
  }
}

/**
 * The remedy if another resource of the same program may hold the address: the engine deletes only after all creations.
 */
export const freeing =
  'free it there by a "pulumi up" before this one, as Pulumi creates before it deletes; or give this resource an alias of that one, which is then deleted first';

/**
 * Refuses a value that another Vnic with an existing record holds. A Vnic whose record is gone or was recreated holds
 * nothing.
 */
async function refuseHeld(cluster: AddressKeeper, { property, value, segment }: WantedAddress, held: StoredAddress) {
  const { holder } = held.spec;
  const record = await cluster.findVnic(holder);
  if (record?.metadata.uid !== holder.uid) return;
  const words = `Vnic ${vnicId(holder)} (pod ${record.spec.pod.name}) behind parent ${segment}`;
  const isDeclared = ownerOf(record)?.startsWith("urn:pulumi:") === true;
  const advice = isDeclared ? `choose another, or ${freeing}` : "choose another";
  throw new VnicError("conflict", `${property}: ${value} is held by ${words}; ${advice}`);
}

/** Releases address claims, except those that have passed to another Vnic or were released already. */
export async function dropAddresses(
  cluster: Pick<Cluster, "deleteAddress">,
  claims: readonly StoredAddress[],
): Promise<void> {
  await Promise.all(claims.map((claim) => cluster.deleteAddress(claim)));
}

/**
 * Releases the addresses that the record with that UID holds. Addresses that have another holder or were released
 * already are skipped. A claim of which the version is `known` is read only if it has changed since.
 */
export async function freeAddresses(
  cluster: Pick<Cluster, "findAddress" | "deleteAddress">,
  held: readonly Pick<WantedAddress, "segment" | "value">[],
  uid: string,
  known: readonly KnownClaim[] = [],
): Promise<void> {
  const limit = pLimit(8);
  await Promise.all(
    held.map((each) =>
      limit(async () => {
        const name = addressName(each);
        const metadata = known.find((one) => one.name === name);
        if (metadata && (await cluster.deleteAddress({ metadata, spec: each }))) return;
        const found = await cluster.findAddress(name);
        if (found?.spec.holder.uid === uid) await cluster.deleteAddress(found);
      }),
    ),
  );
}
