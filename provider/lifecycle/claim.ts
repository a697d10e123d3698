import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type Clock, realClock } from "../base/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { isVnicError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { type VnicRef, vnicId } from "../model/names.ts";
import { claimOn, claimWith, readClaim, writeClaim } from "../model/vnic/claim.ts";
import { type ExpectedVnic, type MetadataChange, refOf, type StoredVnic } from "../model/vnic/record.ts";
import type { Deadline } from "./deadline.ts";
import { KeptClaim } from "./kept-claim.ts";

/*
 * A claim on the record names the driver that works on the Vnic, so that hooks and reconciler don't work on it at the
 * same time. If they do nevertheless, for example while the API server didn't answer, the lock on the node keeps them
 * apart.
 */

/** A claim that isn't renewed expires, so that a driver that died doesn't block others for longer. */
const secondsToLive = 15;
/**
 * A claim of this age by our clock has no holder any more. Another machine's clock may be hours behind, such as with a wrong time
 * zone, and its claim is renewed nevertheless.
 */
const oldSeconds = 86_400;

/** Number of characters of another holder that are shown. Without the policies, anybody who may write the record may write a claim. */
const shownCharacters = 200;

/** The parts of a driver that a claim needs. */
interface ClaimDriver {
  readonly cluster: Cluster;
  readonly report: (text: string) => void;
}

/** A claim from its holder's view. */
export interface HeldClaim {
  /** The record with the claim on it; undefined if there is no record. */
  readonly record: StoredVnic | undefined;
  /** Whether this driver had to wait for another driver's claim. */
  readonly waited: boolean;
  /**
   * Annotation for a record that is created now, while the claim is held. It stays the same until `begin`, so that the
   * creation can be retried.
   */
  annotation(): Readonly<Record<string, string>>;
  /** Starts renewing, after the record was created. */
  begin(): void;
  /**
   * Call it just before a change on the node. A process that was stopped for a while, for example with its machine, may
   * have lost the claim without noticing. Sends a request only if no renewal succeeded lately.
   * @throws VnicError `outdated` if another driver may have taken the claim over, or the record is gone.
   */
  confirm(): Promise<void>;
  /**
   * Releases the claim before the work has ended, with a status that has its result. If the claim was created with the
   * record, writing that status is enough.
   */
  releaseWith(writeStatus: () => Promise<unknown>): Promise<void>;
  /**
   * Releases the claim together with a change of the record's metadata, by one request, if nobody has edited the record
   * since it was read. Returns the changed record.
   */
  releaseChanging(read: StoredVnic, change: MetadataChange): Promise<StoredVnic>;
  /** Stops renewing it without a request: the record was deleted, or was not written. */
  abandon(): void;
}

/** A claim that was taken without reading the record first, and its text. */
export interface TakenClaim {
  readonly record: StoredVnic;
  readonly text: string;
}

/**
 * A driver's name in claims: its program, machine and process, and a random part. Containers often share host name and process
 * ID, and drivers of the same name would take each other's claims for their own.
 */
export function driverName(program: string): string {
  return `${program} on ${hostname()} (process ${process.pid}, ${randomBytes(4).toString("hex")})`;
}

/** The claims of one driver, and its observations of the claims of other drivers. */
export class Claims {
  private readonly holder: string;
  private readonly clock: Clock;
  private readonly sightings = new Map<string, { readonly text: string; readonly since: number }>();

  /** @param holder The text by which other drivers see the holder of a claim, and which no other driver has. */
  constructor(holder: string, clock = realClock) {
    this.holder = holder;
    this.clock = clock;
  }

  /**
   * The other holder of the claim; undefined if there is none, or if it has died. Renewals are timed by our own clock,
   * so a wrong clock of another machine neither ends a claim early nor keeps it forever.
   */
  otherHolder(record: StoredVnic): string | undefined {
    const { metadata } = record;
    const text = claimOn(record);
    const claim = readClaim(text);
    if (text === undefined || !claim || claim.holder === this.holder) {
      this.forget(metadata);
      return undefined;
    }
    const seen = this.sightings.get(vnicId(metadata));
    const sighting = seen?.text === text ? seen : { text, since: this.clock.now() };
    this.sightings.set(vnicId(metadata), sighting);
    const isOld = this.clock.date().getTime() - claim.renewed > oldSeconds * 1000;
    if (isOld || this.clock.now() - sighting.since > secondsToLive * 1000) return undefined;
    return printable(claim.holder.slice(0, shownCharacters));
  }

  /** Forgets the observations of a Vnic that is gone. */
  forget(ref: VnicRef): void {
    this.sightings.delete(vnicId(ref));
  }

  /**
   * Claims a record that is probably as expected, by one request. Returns undefined if it isn't, or if another driver
   * has it. Pass the claim to `hold` at once.
   */
  async takeExpected(
    { cluster }: Pick<ClaimDriver, "cluster">,
    expected: ExpectedVnic,
  ): Promise<TakenClaim | undefined> {
    const text = this.write();
    const record = await cluster.claimVnic(expected, text);
    return record && { record, text };
  }

  /**
   * Runs `work` with a claim on the record, if there is a record; waits while another driver has it. The claim is written
   * together with the change that `withChange` returns for the record, unless the driver had to wait.
   */
  async hold<T>(
    driver: ClaimDriver,
    ref: VnicRef,
    found: StoredVnic | TakenClaim | undefined,
    deadline: Deadline,
    work: (claim: HeldClaim) => Promise<T>,
    withChange: (record: StoredVnic) => MetadataChange = () => ({}),
  ): Promise<T> {
    const isTaken = found !== undefined && "text" in found;
    const text = isTaken ? found.text : this.write();
    const kept = new KeptClaim(driver.cluster, ref, text, () => this.write(), this.clock);
    const written = (record: StoredVnic, waited: boolean) => {
      kept.sent();
      return claimWith(record, text, waited ? {} : withChange(record));
    };
    const taken = isTaken ? { record: found.record, waited: false } : await this.take(driver, found, deadline, written);
    if (taken.record) kept.begin();
    try {
      return await work({
        ...taken,
        annotation: () => kept.annotation(),
        confirm: () => kept.confirm(),
        begin: () => kept.begin(),
        releaseWith: (writeStatus) => kept.releaseWith(writeStatus),
        releaseChanging: (read, change) => kept.releaseChanging(read, change),
        abandon: () => kept.abandon(),
      });
    } finally {
      await kept.release();
    }
  }

  private async take(
    { cluster, report }: ClaimDriver,
    found: StoredVnic | undefined,
    deadline: Deadline,
    written: (record: StoredVnic, waited: boolean) => MetadataChange,
  ): Promise<Pick<HeldClaim, "record" | "waited">> {
    let waited = false;
    for (let record = found; record; record = await cluster.findVnic(refOf(record))) {
      const other = this.otherHolder(record);
      if (other !== undefined) {
        waited = true;
        report(`waiting for ${other} to finish with it`);
        await deadline.wait(300, `${other} to finish with Vnic ${vnicId(record.metadata)}`);
        continue;
      }
      try {
        return { record: await cluster.changeVnic(record, written(record, waited)), waited };
      } catch (error) {
        if (!isVnicError(error, "outdated")) throw error;
      }
    }
    return { record: undefined, waited };
  }

  private write(): string {
    return writeClaim(this.holder, this.clock.date());
  }
}
