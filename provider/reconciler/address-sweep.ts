import type { Cluster, Watched } from "../cluster/cluster.ts";
import { messageOf } from "../base/errors.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { hostOf } from "../base/address.ts";
import { readHeld } from "../model/address/held.ts";
import { deriveMac, vnicId } from "../model/names.ts";
import { claimOn } from "../model/vnic/claim.ts";
import { isRealised } from "../model/vnic/pending.ts";
import { fixedAddresses, type StoredVnic } from "../model/vnic/record.ts";
import type { Log } from "./log.ts";

/** Within this time a driver that has claimed an address writes it into the record. */
const graceMilliseconds = 600_000;

/**
 * Releases the addresses that no record holds any more: because a record was removed without its finalizer, or because
 * the driver died between cleaning the node and releasing the address.
 */
export async function sweepAddresses(
  cluster: Cluster,
  log: Log,
  addresses: Pick<Watched<StoredAddress>, "list">,
  vnics: Pick<Watched<StoredVnic>, "list">,
): Promise<void> {
  const known = new Map(vnics.list().map((vnic) => [vnic.metadata.uid, vnic]));
  for (const address of addresses.list()) {
    const { holder, segment, value } = address.spec;
    try {
      const watched = known.get(holder.uid);
      if (watched && isHeld(address, watched)) continue;
      // The watch may be slightly behind.
      const record = await cluster.findVnic(holder);
      if (record?.metadata.uid === holder.uid && isHeld(address, record)) continue;
      await cluster.deleteAddress(address);
      log("info", `freed ${value} behind ${segment}, which it doesn't hold any more`, { vnic: vnicId(holder) });
    } catch (error) {
      log("error", `freeing ${value} behind ${segment}: ${messageOf(error)}`);
    }
  }
}

/**
 * Whether the record holds an address: it asks for it, or its NIC has it. Without the policies, anybody who may write the
 * record may annotate it with addresses, so the annotation counts only until the record's spec is realised.
 */
function isHeld({ metadata, spec }: StoredAddress, vnic: StoredVnic): boolean {
  const { value, segment } = spec;
  const live = vnic.status?.interface;
  const has = [
    ...[vnic.spec.mac ?? deriveMac(vnic.metadata), ...fixedAddresses(vnic.spec).map(hostOf)],
    ...(live ? [live.mac, ...live.addresses.map(hostOf)] : []),
  ].includes(value);
  const isFresh = Date.now() - new Date(metadata.creationTimestamp ?? 0).getTime() < graceMilliseconds;
  const annotated = readHeld(vnic.metadata).some((one) => one.value === value && one.segment === segment);
  const claimed = claimOn(vnic) !== undefined;
  return has || isFresh || (!isRealised(vnic) && (annotated || claimed));
}
