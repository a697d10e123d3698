import { readyOf } from "../model/vnic/pending.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { hostOf } from "../base/address.ts";
import { deriveMac, vnicId } from "../model/names.ts";
import { fixedAddresses, type StoredVnic } from "../model/vnic/record.ts";

/** The addresses and the MAC for which a Vnic waits, because another one holds one of them; none if it doesn't wait. */
export function awaitedValues(vnic: StoredVnic): string[] {
  if (!isRefused(vnic)) return [];
  const { metadata, spec } = vnic;
  return [spec.mac ?? deriveMac(metadata), ...fixedAddresses(spec).map(hostOf)];
}

/**
 * IDs of the Vnics that wait for an address that was released, longest wait first; `waiting` are those that wait for its
 * value. A Vnic isn't woken by an address that it released itself, because it was refused for another address.
 */
export function waitersFor({ spec }: Pick<StoredAddress, "spec">, waiting: Iterable<StoredVnic>): string[] {
  return [...waiting]
    .filter(({ metadata }) => metadata.uid !== spec.holder.uid)
    .sort((one, other) => ageOf(one).localeCompare(ageOf(other)))
    .map(({ metadata }) => vnicId(metadata));
}

function isRefused({ metadata, status }: StoredVnic): boolean {
  const ready = readyOf(status);
  return ready?.reason === "HeldByOther" && metadata.deletionTimestamp === undefined;
}

function ageOf({ metadata }: StoredVnic): string {
  return `${metadata.creationTimestamp ?? ""} ${vnicId(metadata)}`;
}
