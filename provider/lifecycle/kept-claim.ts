import type { Clock } from "../base/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { VnicError } from "../base/errors.ts";
import { annotations, type VnicRef, vnicId } from "../model/names.ts";
import type { MetadataChange, StoredVnic } from "../model/vnic/record.ts";
import { changeUnlessEdited } from "./change-record.ts";

const renewEverySeconds = 5;
/** For this long after a renewal was sent, no other driver can have taken the claim over. */
const secondsSafe = 10;
/** How often a renewal is tried for a confirmation. */
const confirmTries = 3;
/** Long before any time, by both clocks. */
const never = [-Infinity, -Infinity] as const;

/** A claim that is renewed until it is released. If renewing fails, it expires by itself. */
export class KeptClaim {
  private readonly cluster: Cluster;
  private readonly ref: VnicRef;
  private text: string;
  private readonly renewal: () => string;
  private readonly clock: Clock;
  private stopRenewing: (() => void) | undefined;
  private isWritten = false;
  private key: string = annotations.claim;
  private last: Promise<void> = Promise.resolve();
  /** When the last write that succeeded was sent, by both clocks: each of them may stop with the machine. */
  private sentAt: readonly [steady: number, date: number];

  constructor(cluster: Cluster, ref: VnicRef, text: string, renewal: () => string, clock: Clock) {
    this.cluster = cluster;
    this.ref = ref;
    this.text = text;
    this.renewal = renewal;
    this.clock = clock;
    this.sentAt = this.readClocks();
  }

  /** Notes that the claim is written now, by a request that fails if it isn't. */
  sent(): void {
    this.sentAt = this.readClocks();
  }

  async confirm(): Promise<void> {
    // An answer that takes long comes when its renewal is old already.
    for (let tries = 0; !this.isSafe() && this.sentAt !== never && tries < confirmTries; tries++) {
      this.swap(this.renewal());
      await this.last;
    }
    if (this.isSafe()) return;
    throw new VnicError(
      "outdated",
      `another process may have taken over Vnic ${vnicId(this.ref)}, because this one couldn't renew its claim for ${secondsSafe} s; run it again`,
    );
  }

  annotation(): Readonly<Record<string, string>> {
    this.sent();
    this.isWritten = true;
    this.key = annotations.createdBy;
    return { [this.key]: this.text };
  }

  begin(): void {
    this.isWritten = true;
    if (!this.stopRenewing) this.renewLater();
  }

  release(): Promise<void> {
    this.stopRenewing?.();
    if (this.isWritten) this.swap(undefined);
    this.isWritten = false;
    return this.last;
  }

  async releaseWith(writeStatus: () => Promise<unknown>): Promise<void> {
    if (this.key === annotations.claim) return void (await Promise.all([writeStatus(), this.release()]));
    await writeStatus();
    this.abandon();
  }

  async releaseChanging(read: StoredVnic, change: MetadataChange): Promise<StoredVnic> {
    // Another driver may have written a place of its own.
    await this.confirm();
    this.stopRenewing?.();
    await this.last;
    // The claim may have expired, and be another driver's by now.
    const isOurs = ({ metadata }: StoredVnic) => metadata.annotations?.[this.key] === this.text;
    let isReleased = false;
    const changed = await changeUnlessEdited(this.cluster, read, (record) => {
      isReleased = isOurs(record);
      return isReleased ? { ...change, annotations: { ...change.annotations, [this.key]: null } } : change;
    });
    if (isReleased) this.abandon();
    return changed;
  }

  abandon(): void {
    this.stopRenewing?.();
    this.isWritten = false;
  }

  private renewLater(): void {
    this.stopRenewing = this.clock.after(renewEverySeconds * 1000, () => {
      this.swap(this.renewal());
      this.renewLater();
    });
  }

  private swap(is: string | undefined): void {
    this.last = this.last
      .then(async () => {
        const at = this.readClocks();
        const from = (was: string) => this.cluster.swapVnicAnnotation(this.ref, this.key, was, is);
        // If the response to a request was lost, the repeated request finds the new text.
        const swapped = (await from(this.text)) || (is !== undefined && (await from(is)));
        if (is === undefined) return;
        if (swapped) this.text = is;
        this.sentAt = swapped ? at : never;
      })
      .catch(() => undefined);
  }

  private isSafe(): boolean {
    const now = this.readClocks();
    return this.sentAt.every((at, index) => Math.abs(now[index]! - at) < secondsSafe * 1000);
  }

  private readClocks(): readonly [steady: number, date: number] {
    return [this.clock.now(), this.clock.date().getTime()];
  }
}
