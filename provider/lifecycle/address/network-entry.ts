import type { Cluster } from "../../cluster/cluster.ts";
import { isVnicError, VnicError } from "../../base/errors.ts";
import { addressName, type StoredAddress, type WantedAddress } from "../../model/address/address.ts";
import {
  hasPlace,
  isMemberOf,
  type Membership,
  memberKey,
  memberLabels,
  memberSelector,
  otherMemberKeys,
} from "../../model/address/membership.ts";
import type { Holdings } from "./claim-addresses.ts";

type AddressKeeper = Pick<Cluster, "findAddress" | "labelAddress" | "listAddresses" | "listVnicsIn">;

/** Limit for looking which records of a namespace are gone. */
const maxRecords = 20_000;

/** Refuses a Vnic before it claims anything, if its namespace has all of its places on the network. */
export async function refuseWithoutPlace(
  cluster: AddressKeeper,
  membership: Membership,
  uid: string | undefined,
): Promise<void> {
  if (membership.most === undefined) return;
  await refuseExceeding(cluster, membership, uid ?? "");
}

async function refuseExceeding(cluster: AddressKeeper, membership: Membership, uid: string): Promise<void> {
  const { namespace, network, most } = membership;
  const claims = await cluster.listAddresses(memberSelector(network, namespace));
  if (hasPlace(claims, membership, uid)) return;
  // A record is written before its claims, so the holder of a claim has a record or is gone.
  const records = await cluster.listVnicsIn(namespace, maxRecords);
  const uids = new Set(records.map(({ metadata }) => metadata.uid));
  const standing = claims.filter(({ spec }) => records.length >= maxRecords || uids.has(spec.holder.uid));
  if (hasPlace(standing, membership, uid)) return;
  throw new VnicError(
    "refused",
    `network.name: namespace ${namespace} may have ${most} Vnics on VnicNetwork ${network} (vnicsPerNamespace), and has them`,
  );
}

/** A Vnic's entry into the network that it joins, by the labels of its claims. */
export class NetworkEntry {
  private readonly cluster: AddressKeeper;
  private readonly membership: Membership | undefined;
  private readonly uid: string;
  /** The claims as they were written last, by name. */
  private readonly claims = new Map<string, StoredAddress>();
  /** The name of a claim that the Vnic had before and that has a new label. */
  private labelled: string | undefined;
  /** The claims that still have labels of other networks, by name. */
  private former: readonly { readonly name: string; readonly keys: readonly string[] }[] = [];

  constructor(cluster: AddressKeeper, membership: Membership | undefined, uid: string) {
    this.cluster = cluster;
    this.membership = membership;
    this.uid = uid;
  }

  /** Enters with these claims, which are written already. `refused` if the namespace has no place left. */
  async enter(mac: WantedAddress | undefined, { all, gained }: Holdings): Promise<void> {
    const { membership, cluster } = this;
    for (const claim of all) this.claims.set(claim.metadata.name, claim);
    this.former = all
      .map((claim) => ({ name: claim.metadata.name, keys: otherMemberKeys(claim, membership?.network) }))
      .filter(({ keys }) => keys.length > 0);
    if (!membership || !mac) return;
    const [name, key] = [addressName(mac), memberKey(membership.network)];
    const claim = this.claims.get(name);
    if (!claim || isMemberOf(claim, membership.network)) return;
    const isKept = !gained.some(({ metadata }) => metadata.name === name);
    try {
      if (isKept && claim.metadata.labels?.[key] === undefined) {
        this.labelled = name;
        await this.join(name, memberLabels(membership));
      }
      if (membership.most === undefined) return;
      await refuseExceeding(cluster, membership, this.uid);
      await this.join(name, { [key]: "member" });
    } catch (error) {
      await this.undo();
      throw error;
    }
  }

  /** Undoes an entry on a claim that the Vnic keeps. */
  async undo(): Promise<void> {
    const { labelled, membership } = this;
    this.labelled = undefined;
    if (labelled !== undefined && membership) await this.change(labelled, { [memberKey(membership.network)]: null });
  }

  /** Whether the Vnic had a place on other networks before. */
  get leavesNetworks(): boolean {
    return this.former.length > 0;
  }

  /** Leaves the networks that the Vnic was on before. Call it when its NIC has left them. */
  async leaveFormer(): Promise<void> {
    for (const { name, keys } of this.former)
      await this.change(name, Object.fromEntries(keys.map((key) => [key, null])));
    this.former = [];
  }

  /** The versions of these claims that were written last. */
  latest(claims: readonly StoredAddress[]): StoredAddress[] {
    return claims.map((claim) => this.claims.get(claim.metadata.name) ?? claim);
  }

  private async join(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    if (await this.change(name, labels)) return;
    throw new VnicError("conflict", "mac: another Vnic has taken it over meanwhile");
  }

  /** Changes labels of a claim; returns whether the Vnic still holds it. */
  private async change(name: string, change: Readonly<Record<string, string | null>>): Promise<boolean> {
    for (let known = this.claims.get(name); ; known = await this.cluster.findAddress(name)) {
      if (known?.spec.holder.uid !== this.uid) return false;
      try {
        this.claims.set(name, await this.cluster.labelAddress(known, change));
        return true;
      } catch (error) {
        if (!isVnicError(error, "outdated")) throw error;
      }
    }
  }
}
