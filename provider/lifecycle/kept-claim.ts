import type { Clock } from "../base/clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { annotations, type VnicRef } from "../model/names.ts";
import type { MetadataChange, StoredVnic } from "../model/vnic/record.ts";
import { changeUnlessEdited } from "./change-record.ts";

const renewEverySeconds = 5;

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

  constructor(cluster: Cluster, ref: VnicRef, text: string, renewal: () => string, clock: Clock) {
    this.cluster = cluster;
    this.ref = ref;
    this.text = text;
    this.renewal = renewal;
    this.clock = clock;
  }

  annotation(): Readonly<Record<string, string>> {
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
        const swapped = await this.cluster.swapVnicAnnotation(this.ref, this.key, this.text, is);
        if (swapped && is !== undefined) this.text = is;
      })
      .catch(() => undefined);
  }
}
