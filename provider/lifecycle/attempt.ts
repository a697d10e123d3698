import { isVnicError, messageOf } from "../base/errors.ts";
import type { RunningPod } from "../model/kubernetes/pod.ts";
import { attemptStatus, failureReasons, isOvertaken, restoredStatus, saysUnready } from "../model/vnic/attempt.ts";
import { refOf, type StoredVnic } from "../model/vnic/record.ts";
import { failedStatus } from "../model/vnic/status.ts";
import type { VnicStatus } from "../model/vnic/conditions.ts";
import type { Driver } from "./driver.ts";
import { tell } from "./tell.ts";

/** An attempt that takes longer says what it waits for. Most are over before that, and cost no request for it. */
const quietMilliseconds = 1000;
const betweenWordsMilliseconds = 3000;

/**
 * What kubectl shows of an attempt while it is under way: `Ready: False` from its beginning, unless the record says so
 * already; and if it takes longer, an event, and what is waited for. An attempt doesn't fail because this can't be written.
 */
export class Attempt {
  private readonly driver: Driver;
  private readonly pod: RunningPod;
  private record: StoredVnic;
  private words = "it is being attached";
  private said: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();

  /** `record`: as it is written for this attempt. */
  constructor(driver: Driver, record: StoredVnic, pod: RunningPod) {
    this.driver = driver;
    this.record = record;
    this.pod = pod;
    if (!isOvertaken(record, pod.uid)) return;
    if (!saysUnready(record)) this.say();
    this.timer = setTimeout(() => this.announce(), quietMilliseconds).unref();
  }

  /** Shows what the attempt waits for now. */
  readonly report = (text: string): void => {
    this.words = text;
    this.driver.report(text);
  };

  /** Says nothing more; kept when what was said before has arrived, with the record as it is then. */
  async end(): Promise<StoredVnic> {
    clearTimeout(this.timer);
    await this.last;
    return this.record;
  }

  /** Says why it failed half-way. */
  async fail(error: unknown): Promise<void> {
    await this.end();
    const reason = isVnicError(error) ? failureReasons[error.kind] : failureReasons.failed;
    const attached = this.record.status?.pod?.uid === this.pod.uid;
    this.write(failedStatus(this.record, { reason, message: messageOf(error), attached }, new Date()));
    await this.last;
  }

  /** Says again what the record said before; `now` is the record as it was put back. */
  async undo(prior: StoredVnic, now: StoredVnic): Promise<void> {
    await this.end();
    const status = restoredStatus(prior, now);
    if (status) this.write(status);
    await this.last;
  }

  private announce(): void {
    const { driver, record, pod, words } = this;
    const key = `${record.metadata.generation} ${pod.uid}`;
    void tell(driver, record, pod.uid, { type: "Normal", reason: "AddingInterface", message: words, key });
    this.goOn();
  }

  private goOn(): void {
    if (this.words !== this.said) this.say();
    this.timer = setTimeout(() => this.goOn(), betweenWordsMilliseconds).unref();
  }

  private say(): void {
    this.said = this.words;
    this.write(attemptStatus(this.record, this.pod.uid, this.words, new Date()));
  }

  private write(status: VnicStatus): void {
    const { cluster } = this.driver;
    this.record = { ...this.record, status };
    this.last = this.last.then(() => cluster.applyVnicStatus(refOf(this.record), status)).catch(() => undefined);
  }
}
