import { readyOf } from "../model/vnic/pending.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { hostOf } from "../base/address.ts";
import { deriveMac, vnicId } from "../model/names.ts";
import { fixedAddresses, type StoredVnic } from "../model/vnic/record.ts";

/**
 * IDs of the Vnics that wait for an address that was released, longest wait first. A Vnic isn't woken by an address
 * that it released itself, because it was refused for another address.
 */
export function waitersFor({ spec }: Pick<StoredAddress, "spec">, vnics: readonly StoredVnic[]): string[] {
  return vnics
    .filter((vnic) => vnic.metadata.uid !== spec.holder.uid && isRefused(vnic) && isWaitingFor(vnic, spec.value))
    .sort((one, other) => ageOf(one).localeCompare(ageOf(other)))
    .map(({ metadata }) => vnicId(metadata));
}

function isRefused({ metadata, status }: StoredVnic): boolean {
  const ready = readyOf(status);
  return ready?.reason === "HeldByOther" && metadata.deletionTimestamp === undefined;
}

function isWaitingFor({ metadata, spec }: StoredVnic, value: string): boolean {
  return (
    (spec.mac ?? deriveMac(metadata)) === value || fixedAddresses(spec).some((address) => hostOf(address) === value)
  );
}

function ageOf({ metadata }: StoredVnic): string {
  return `${metadata.creationTimestamp ?? ""} ${vnicId(metadata)}`;
}
