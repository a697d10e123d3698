import { isVnicError, messageOf } from "../base/errors.ts";
import type { RunningPod } from "../model/kubernetes/pod.ts";
import { attemptStatus, failureReasons, isOutdated, restoredStatus, isReportedUnready } from "../model/vnic/attempt.ts";
import { refOf, type StoredVnic } from "../model/vnic/record.ts";
import { announcedStatus, failedStatus } from "../model/vnic/status.ts";
import type { PublishedEntry, VnicStatus } from "../model/vnic/conditions.ts";
import type { Driver } from "./driver.ts";
import { emitEvents } from "./emit-events.ts";

/** Most attempts end sooner, which saves the requests of a report. */
const firstReportMilliseconds = 1000;
const reportEveryMilliseconds = 3000;

/**
 * Shows an attempt in progress to kubectl: `Ready: False` from its start, unless the record says so already, and, if
 * the attempt takes longer, an event and what it waits for. If that can't be written, the attempt continues.
 */
export class Attempt {
  private readonly driver: Driver;
  private readonly pod: RunningPod;
  private record: StoredVnic;
  private progress = "it is being attached";
  private reported: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();

  /** @param record The record as written for this attempt. */
  constructor(driver: Driver, record: StoredVnic, pod: RunningPod) {
    this.driver = driver;
    this.record = record;
    this.pod = pod;
    if (!isOutdated(record, pod.uid)) return;
    if (!isReportedUnready(record)) this.writeProgress();
    this.timer = setTimeout(() => this.emitEvent(), driver.firstReportMilliseconds ?? firstReportMilliseconds).unref();
  }

  /** Shows what the attempt waits for now. */
  readonly report = (text: string): void => {
    this.progress = text;
    this.driver.report(text);
  };

  /** Stops reporting. Resolves to the current record once earlier reports are written. */
  async end(): Promise<StoredVnic> {
    clearTimeout(this.timer);
    await this.last;
    return this.record;
  }

  /** Writes to the status which entry the pod's annotation network-status is about to get. */
  async announce(entry: PublishedEntry): Promise<void> {
    await this.end();
    const status = announcedStatus(this.record, entry);
    await this.driver.cluster.applyVnicStatus(refOf(this.record), status);
    this.record = { ...this.record, status };
  }

  /** Reports why the attempt failed half-way. */
  async fail(error: unknown): Promise<void> {
    await this.end();
    const reason = isVnicError(error) ? failureReasons[error.kind] : failureReasons.failed;
    const attached = this.record.status?.pod?.uid === this.pod.uid;
    this.write(failedStatus(this.record, { reason, message: messageOf(error), attached }, new Date()));
    await this.last;
  }

  /** Restores the status that the record had before the attempt; `now` is the restored record. */
  async undo(prior: StoredVnic, now: StoredVnic): Promise<void> {
    await this.end();
    const status = restoredStatus(prior, now);
    if (status) this.write(status);
    await this.last;
  }

  private emitEvent(): void {
    const { driver, record, pod, progress } = this;
    const key = `${record.metadata.generation} ${pod.uid}`;
    void emitEvents(driver, record, pod.uid, { type: "Normal", reason: "AddingInterface", message: progress, key });
    this.reportRepeatedly();
  }

  private reportRepeatedly(): void {
    if (this.progress !== this.reported) this.writeProgress();
    this.timer = setTimeout(() => this.reportRepeatedly(), reportEveryMilliseconds).unref();
  }

  private writeProgress(): void {
    this.reported = this.progress;
    this.write(attemptStatus(this.record, this.pod.uid, this.progress, new Date()));
  }

  private write(status: VnicStatus): void {
    const { cluster } = this.driver;
    this.record = { ...this.record, status };
    this.last = this.last
      .then(async () => void (await cluster.applyVnicStatus(refOf(this.record), status)))
      .catch(() => undefined);
  }
}
