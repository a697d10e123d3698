import type { Cluster } from "../../cluster/cluster.ts";
import type { Holder, WantedAddress } from "../../model/address/address.ts";
import { readHeld, writeHeld } from "../../model/address/held.ts";
import type { Membership } from "../../model/address/membership.ts";
import { annotations, vnicId } from "../../model/names.ts";
import { maxItems } from "../../model/schema/bounds.ts";
import type { KnownClaim } from "../../model/vnic/conditions.ts";
import { refOf, type StoredVnic } from "../../model/vnic/record.ts";
import { VnicError } from "../../base/errors.ts";
import { changeUnlessEdited } from "../change-record.ts";
import { claimAddresses, dropAddresses, freeAddresses, type Holdings, refuseHeldAddresses } from "./claim-addresses.ts";
import { NetworkEntry } from "./network-entry.ts";

/** The claims of one holder, and its entry into its network. */
interface Claimed {
  readonly entry: NetworkEntry;
  readonly holdings: Promise<Holdings>;
}

/** The addresses of one injection: claimed before anything is done in the pod, and released if nothing was done. */
export class AddressClaim {
  /** All addresses that the record may hold during the injection: the wanted ones, and the former ones. */
  annotation: string;
  private readonly cluster: Cluster;
  private wanted: readonly WantedAddress[];
  private former: readonly Pick<WantedAddress, "segment" | "value">[];
  /** The wanted addresses that the Vnic probably has already. */
  private readonly kept: readonly WantedAddress[];
  private readonly membership: Membership | undefined;
  private readonly isGaining: boolean;
  /** The record that was annotated with new addresses, as it was before. */
  private annotated: StoredVnic | undefined;
  private readonly isNew: boolean;
  private claimed: Claimed | undefined;

  constructor(
    cluster: Cluster,
    wanted: readonly WantedAddress[],
    prior: StoredVnic | undefined,
    membership?: Membership,
  ) {
    this.cluster = cluster;
    this.wanted = wanted;
    this.membership = membership;
    this.isNew = prior === undefined;
    const had = prior ? readHeld(prior.metadata) : [];
    this.former = had.filter((one) => !wanted.some((other) => isSame(one, other)));
    this.annotation = writeHeld([...this.former, ...wanted]);
    this.kept = wanted.filter((one) => had.some((other) => isSame(one, other)));
    this.isGaining = this.kept.length < wanted.length;
  }

  /**
   * Claims all addresses, and a place on the network. If another Vnic has one of the addresses, none is claimed, and the
   * `conflict` names that Vnic.
   */
  async claim(holder: Holder): Promise<void> {
    const entry = new NetworkEntry(this.cluster, this.membership, holder.uid);
    const holdings = this.claimAll(holder, entry);
    this.claimed = { entry, holdings };
    await holdings;
  }

  /**
   * Claims for an existing record, which it returns. The record is annotated first, so that the new addresses are
   * released by the next injection if this one is interrupted. If an address was refused before, it only checks before
   * that, to avoid useless claims.
   */
  async claimFor(prior: StoredVnic): Promise<StoredVnic> {
    const wasRefused = prior.status?.conditions.some(({ reason }) => reason === "HeldByOther");
    if (wasRefused) await refuseHeldAddresses(this.cluster, this.wanted, prior.metadata);
    const record = this.isGaining ? await this.annotate(prior) : prior;
    await this.claim(prior.metadata);
    return record;
  }

  private async annotate(prior: StoredVnic): Promise<StoredVnic> {
    this.annotated = prior;
    const { metadata } = prior;
    const change = { [annotations.held]: this.annotation };
    const before = metadata.annotations?.[annotations.held];
    const isSwapped =
      before !== undefined &&
      (await this.cluster.swapVnicAnnotation(refOf(prior), annotations.held, before, this.annotation));
    if (!isSwapped) return changeUnlessEdited(this.cluster, prior, { annotations: change });
    return { ...prior, metadata: { ...metadata, annotations: { ...metadata.annotations, ...change } } };
  }

  /** The segments on which the addresses are wanted. */
  get segments(): string[] {
    return [...new Set(this.wanted.map(({ segment }) => segment))];
  }

  /**
   * Claims the same addresses on another segment as well, which is the name of the network on the pod's node. `former` is
   * its former name there, on which they aren't wanted any more. The record is annotated first, for the reason given at
   * `claimFor`. Call it after the first claim.
   */
  async claimOn(segment: string, record: StoredVnic, former?: string): Promise<void> {
    const { cluster } = this;
    const wanted = this.wanted.filter((one) => one.segment !== former);
    this.former = [...this.former, ...this.wanted.filter((one) => !wanted.includes(one))];
    const more = wanted
      .filter((one) => one.segment === wanted[0]?.segment)
      .map(({ value, property }) => ({ segment, value, property }));
    const before = this.annotation;
    this.wanted = [...wanted, ...more];
    this.former = this.former.filter((one) => !more.some((other) => isSame(one, other)));
    const after = writeHeld([...this.former, ...this.wanted]);
    if (after !== before) {
      if (!(await cluster.swapVnicAnnotation(refOf(record), annotations.held, before, after)))
        throw new VnicError("outdated", `Vnic ${vnicId(record.metadata)} was changed by another process meanwhile`);
      this.annotation = after;
      // The addresses of a new record are released with it.
      if (!this.isNew) this.annotated ??= record;
    }
    const { claimed } = this;
    const held = await claimed?.holdings;
    const gained = await claimAddresses(cluster, more, record.metadata);
    if (claimed && held)
      this.claimed = {
        entry: claimed.entry,
        holdings: Promise.resolve({ all: [...held.all, ...gained.all], gained: [...held.gained, ...gained.gained] }),
      };
  }

  /** Releases what this injection has claimed, but not what the Vnic had before. */
  async release(): Promise<void> {
    const holdings = await this.claimed?.holdings.catch(() => undefined);
    if (this.claimed && holdings) {
      await dropAddresses(this.cluster, this.claimed.entry.latest(holdings.gained));
      await this.claimed.entry.undo();
    }
    if (!this.annotated) return;
    const before = this.annotated.metadata.annotations?.[annotations.held];
    await this.cluster.swapVnicAnnotation(refOf(this.annotated), annotations.held, this.annotation, before);
  }

  /** The claims that the Vnic has now, in the form in which its status has them. */
  async known(): Promise<readonly KnownClaim[]> {
    const holdings = await this.claimed?.holdings.catch(() => undefined);
    const all = this.claimed?.entry.latest(holdings?.all ?? []) ?? [];
    return all.slice(0, maxItems.addressClaims).map(({ metadata: { name, uid, resourceVersion } }) => {
      return { name, uid, resourceVersion };
    });
  }

  /** Whether the Vnic may have been on a network that it leaves with this injection. */
  get leavesNetworks(): boolean {
    const segments = new Set(this.wanted.map(({ segment }) => segment));
    return this.claimed?.entry.leavesNetworks === true || this.former.some(({ segment }) => !segments.has(segment));
  }

  /**
   * Releases the former addresses that the Vnic doesn't need any more, and its places on former networks. Call it after
   * they were removed on the node. Does nothing the second time.
   */
  async releaseFormer(record: StoredVnic): Promise<void> {
    await this.claimed?.entry.leaveFormer();
    if (this.former.length === 0) return;
    await freeAddresses(this.cluster, this.former, record.metadata.uid);
    const { cluster, annotation, wanted } = this;
    await cluster.swapVnicAnnotation(refOf(record), annotations.held, annotation, writeHeld(wanted));
    this.former = [];
  }

  private async claimAll(holder: Holder, entry: NetworkEntry): Promise<Holdings> {
    const { cluster, wanted, kept } = this;
    const holdings = await claimAddresses(cluster, wanted, holder, kept);
    try {
      await entry.enter(wanted[0], holdings);
    } catch (error) {
      // What can't be released now can be taken over once the record is gone.
      await dropAddresses(cluster, entry.latest(holdings.gained)).catch(() => undefined);
      throw error;
    }
    return holdings;
  }
}

function isSame(
  one: Pick<WantedAddress, "segment" | "value">,
  other: Pick<WantedAddress, "segment" | "value">,
): boolean {
  return one.segment === other.segment && one.value === other.value;
}
