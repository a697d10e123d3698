import pLimit from "p-limit";
import { isDeepStrictEqual } from "node:util";
import type { Cluster, Watched } from "../cluster/cluster.ts";
import { isVnicError } from "../base/errors.ts";
import { memoize } from "../base/memoize.ts";
import { segmentsOfNetwork } from "../lifecycle/network/vnic-network.ts";
import { hostOf } from "../base/address.ts";
import type { StoredAddress } from "../model/address/address.ts";
import { labels, vnicId } from "../model/names.ts";
import type { NetworkReference } from "../model/network/reference.ts";
import { readyOf } from "../model/vnic/pending.ts";
import { fixedAddresses, type StoredVnic, type VnicRecord } from "../model/vnic/record.ts";
import { isMember } from "../model/vnic-set/expansion.ts";
import type { StoredVnicSet } from "../model/vnic-set/record.ts";

/** Longer than a watch takes to show a new record. */
const freshMilliseconds = 60_000;

/**
 * How many networks of a namespace's records are read for one of its VnicSets. The addresses of records on further
 * networks may be allocated, and one of the two Vnics is refused then.
 */
const maxNetworks = 64;
const concurrentReads = 8;

/**
 * The addresses that a VnicSet can't allocate, because a Vnic holds them, or because a record without a claim asks for
 * them and may expect to get them.
 */
export class UnavailableAddresses {
  private readonly addresses: Pick<Watched<StoredAddress>, "list">;
  private readonly vnics: Pick<Watched<StoredVnic>, "list">;
  private readonly recent = new Map<string, { readonly vnic: VnicRecord; readonly until: number }>();
  private readonly oneAtATime = pLimit(1);

  constructor(addresses: Pick<Watched<StoredAddress>, "list">, vnics: Pick<Watched<StoredVnic>, "list">) {
    this.addresses = addresses;
    this.vnics = vnics;
  }

  /**
   * Plans the allocation of addresses for a set, given those that it can't have. Plans are made one after the other, and
   * the records in a plan count from then on, so that no address is allocated twice.
   */
  plan<Plan extends { readonly apply: readonly VnicRecord[] }>(
    cluster: Cluster,
    set: StoredVnicSet,
    make: (others: readonly string[]) => Plan,
  ): Promise<Plan> {
    return this.oneAtATime(async () => {
      const plan = make(await this.outsideOf(cluster, set));
      const until = performance.now() + freshMilliseconds;
      for (const vnic of plan.apply) this.recent.set(vnicId(vnic.metadata), { vnic, until });
      return plan;
    });
  }

  /** The addresses of Vnics outside of the set. */
  async outsideOf(cluster: Cluster, set: StoredVnicSet): Promise<string[]> {
    const { namespace } = set.metadata;
    const segmentsOn = memoize(
      (network: NetworkReference, namespace: string) =>
        // Whatever is wrong with the network of a tenant's record, it doesn't concern other tenants' sets.
        findSegments(cluster, network, namespace).catch((error: unknown) => {
          if (isVnicError(error, "unreachable")) throw error;
          return [];
        }),
      networkKey,
    );
    const segments = new Set(await findSegments(cluster, set.spec.template.network, namespace));
    const known = this.allVnics();
    const members = new Set(known.filter((vnic) => isMember(set, vnic)).map(({ metadata }) => vnicId(metadata)));
    const claims = this.addresses.list();
    // A node may have another name for the network, by which its Vnics hold their addresses as well.
    for (const { spec } of claims) if (members.has(vnicId(spec.holder))) segments.add(spec.segment);
    const held = claims.filter(({ spec }) => segments.has(spec.segment) && !members.has(vnicId(spec.holder)));
    const asking = known.filter((vnic) => !members.has(vnicId(vnic.metadata)) && asksFor(vnic, namespace));
    const networks = new Set(asking.map(({ spec, metadata }) => networkKey(spec.network, metadata.namespace)));
    const read = new Set([...networks].slice(0, maxNetworks));
    const limit = pLimit(concurrentReads);
    const asked = await Promise.all(
      asking
        .filter(({ spec, metadata }) => read.has(networkKey(spec.network, metadata.namespace)))
        .map(({ metadata, spec }) =>
          limit(async () => {
            const theirs = await segmentsOn(spec.network, metadata.namespace);
            return theirs.some((segment) => segments.has(segment)) ? fixedAddresses(spec).map(hostOf) : [];
          }),
        ),
    );
    return [...held.map(({ spec }) => spec.value), ...asked.flat()];
  }

  /** The records that the watch shows, and those of recent plans until it shows them with their addresses. */
  private allVnics(): (StoredVnic | VnicRecord)[] {
    const watched = this.vnics.list();
    const now = performance.now();
    const shown = new Map(this.recent.size > 0 ? watched.map((vnic) => [vnicId(vnic.metadata), vnic]) : []);
    for (const [id, { vnic, until }] of this.recent) {
      const there = shown.get(id);
      const isShown = there && isDeepStrictEqual(fixedAddresses(there.spec), fixedAddresses(vnic.spec));
      if (isShown || now > until) this.recent.delete(id);
    }
    return [...watched, ...[...this.recent.values()].map(({ vnic }) => vnic)];
  }
}

/**
 * Whether a record's addresses count for the sets of a namespace before the Vnic holds them. Anybody may ask for any
 * number of addresses, so those of another namespace count only if a VnicSet has allocated them, and until its Vnic was
 * tried for the first time.
 */
function asksFor({ metadata, spec, status }: StoredVnic | VnicRecord, namespace: string): boolean {
  if (fixedAddresses(spec).length === 0) return false;
  return metadata.namespace === namespace || (metadata.labels?.[labels.set] !== undefined && !readyOf(status));
}

/** Identifies the network of a record in a namespace. */
export function networkKey(network: NetworkReference, namespace: string): string {
  return `${namespace} ${JSON.stringify(network)}`;
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
