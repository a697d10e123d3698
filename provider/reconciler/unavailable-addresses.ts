import type { Cluster, Watched } from "../cluster/cluster.ts";
import { memoize } from "../base/memoize.ts";
import { isVnicError } from "../base/errors.ts";
import { segmentsOfNetwork } from "../lifecycle/network/vnic-network.ts";
import { hostOf } from "../base/address.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { vnicId } from "../model/names.ts";
import type { NetworkReference } from "../model/network/reference.ts";
import { fixedAddresses, type StoredVnic } from "../model/vnic/record.ts";
import { isMember } from "../model/vnic-set/expansion.ts";
import type { StoredVnicSet } from "../model/vnic-set/record.ts";

/** Longer than a watch takes to show a new record. */
const freshMilliseconds = 60_000;

/**
 * The addresses that a VnicSet can't allocate, because a Vnic holds them, or because a record without a claim asks for
 * them.
 */
export class UnavailableAddresses {
  private readonly addresses: Pick<Watched<StoredAddress>, "list">;
  private readonly vnics: Pick<Watched<StoredVnic>, "list">;
  private readonly recent = new Map<string, { readonly vnic: StoredVnic; readonly until: number }>();

  constructor(addresses: Pick<Watched<StoredAddress>, "list">, vnics: Pick<Watched<StoredVnic>, "list">) {
    this.addresses = addresses;
    this.vnics = vnics;
  }

  /** Remembers a record that was just written, because the watch may not show it yet. */
  add(vnic: StoredVnic): void {
    this.recent.set(vnicId(vnic.metadata), { vnic, until: performance.now() + freshMilliseconds });
  }

  /** The addresses of Vnics outside of the set. */
  async outsideOf(cluster: Cluster, set: StoredVnicSet): Promise<string[]> {
    const segmentsOn = memoize(
      (network: NetworkReference, namespace: string) =>
        // Whatever is wrong with the network of a tenant's record, it doesn't concern other tenants' sets.
        findSegments(cluster, network, namespace).catch((error: unknown) => {
          if (isVnicError(error, "unreachable")) throw error;
          return [];
        }),
      (network, namespace) => `${namespace} ${JSON.stringify(network)}`,
    );
    const segments = new Set(await findSegments(cluster, set.spec.template.network, set.metadata.namespace));
    const known = this.allVnics();
    const members = new Set(known.filter((vnic) => isMember(set, vnic)).map(({ metadata }) => metadata.uid));
    const claims = this.addresses.list();
    // A node may have another name for the network, by which its Vnics hold their addresses as well.
    for (const { spec } of claims) if (members.has(spec.holder.uid)) segments.add(spec.segment);
    const held = claims.filter(({ spec }) => segments.has(spec.segment) && !members.has(spec.holder.uid));
    const asked = await Promise.all(
      known
        .filter(({ metadata, spec }) => !members.has(metadata.uid) && fixedAddresses(spec).length > 0)
        .map(async ({ metadata, spec }) => {
          const theirs = await segmentsOn(spec.network, metadata.namespace);
          return theirs.some((segment) => segments.has(segment)) ? fixedAddresses(spec).map(hostOf) : [];
        }),
    );
    return [...held.map(({ spec }) => spec.value), ...asked.flat()];
  }

  private allVnics(): StoredVnic[] {
    const watched = this.vnics.list();
    const shown = new Set(watched.map(({ metadata }) => metadata.uid));
    for (const [id, { vnic, until }] of this.recent)
      if (shown.has(vnic.metadata.uid) || performance.now() > until) this.recent.delete(id);
    return [...watched, ...[...this.recent.values()].map(({ vnic }) => vnic)];
  }
}

/** The segments of a network; none if it doesn't exist, or if the namespace may not use it. */
async function findSegments(cluster: Cluster, network: NetworkReference, namespace: string): Promise<string[]> {
  try {
    return await segmentsOfNetwork(cluster, network, namespace);
  } catch (error) {
    if (isVnicError(error, "refused", "invalid")) return [];
    throw error;
  }
}
