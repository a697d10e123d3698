import { type Clock, realClock } from "../base/clock.ts";
import { RetrySpacing } from "./retry-spacing.ts";

/** What to do with a key after its work has succeeded; `againInSeconds` requeues the key unless it is added before. */
export interface Outcome {
  readonly againInSeconds?: number;
}

export interface QueueOptions {
  readonly work: (key: string) => Promise<Outcome>;
  readonly onError: (key: string, error: unknown) => void;
  /** How many keys are processed at once. Called again whenever a key is added or done. */
  readonly width: () => number;
  /** Additional slots for namespaces without work in progress, per slot of the width. @default 0 */
  readonly beyond?: number;
  readonly clock?: Clock;
}

const firstRetrySeconds = 1;
const maxRetrySeconds = 30;

/**
 * A work queue of keys `<namespace>/<name>`. Each key is processed by one worker at a time, once for any number of
 * adds, and after a failure again with exponential backoff. Namespaces take turns, none can use all slots, and the
 * retries of each are spread over time, so that one tenant's work can't block another's.
 */
export class Queue {
  private readonly options: Required<QueueOptions>;
  /** The waiting keys by namespace; the namespace served least recently comes first. */
  private readonly waiting = new Map<string, Set<string>>();
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly busy = new Map<string, number>();
  /** Keys that were added quietly during their own work; if that work fails, they aren't retried at once. */
  private readonly changed = new Set<string>();
  private readonly later = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  private readonly failures = new Map<string, number>();
  /** Keys that were postponed since they were worked on. */
  private readonly postponed = new Set<string>();
  private readonly retries = new RetrySpacing();
  private isStopped = false;

  constructor(options: QueueOptions) {
    this.options = { clock: realClock, beyond: 0, ...options };
  }

  /** Number of waiting keys. */
  get depth(): number {
    return [...this.waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Queues a key for work as soon as possible, and resets its backoff. */
  add(key: string): void {
    this.later.get(key)?.cancel();
    this.later.delete(key);
    const namespace = namespaceOf(key);
    const keys = this.waiting.get(namespace) ?? new Set();
    this.waiting.set(namespace, keys.add(key));
    this.next();
  }

  /** Adds a key after a change that we may have made ourselves. It doesn't shorten the backoff after a failure. */
  addQuietly(key: string): void {
    if (this.underWay.has(key)) this.changed.add(key);
    else if (!this.failures.has(key) || !this.later.has(key)) this.add(key);
  }

  /** Adds a key after a delay. If it is planned already, the earlier time applies. */
  addLater(key: string, seconds: number): void {
    const at = this.options.clock.now() + seconds * 1000;
    const planned = this.later.get(key);
    if (planned && planned.at <= at) return;
    this.plan(key, seconds);
  }

  /**
   * Replaces the time that was planned for the key, once until it is worked on: what postpones it may happen again and
   * again.
   */
  postpone(key: string, seconds: number): void {
    if (this.postponed.has(key)) return;
    const keys = this.waiting.get(namespaceOf(key));
    if (!this.later.has(key) && !keys?.delete(key)) return;
    this.postponed.add(key);
    this.plan(key, seconds);
  }

  /** Starts no further work; resolves when the work in progress has ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const { cancel } of this.later.values()) cancel();
    await Promise.all(this.underWay.values());
  }

  private plan(key: string, seconds: number): void {
    const { clock } = this.options;
    this.later.get(key)?.cancel();
    const at = clock.now() + seconds * 1000;
    this.later.set(key, { at, cancel: clock.after(seconds * 1000, () => this.add(key)) });
  }

  private next(): void {
    while (!this.isStopped) {
      const key = this.take();
      if (key === undefined) return;
      const namespace = namespaceOf(key);
      this.busy.set(namespace, this.busyIn(namespace) + 1);
      this.underWay.set(
        key,
        this.work(key).then(() => {
          this.underWay.delete(key);
          const left = this.busyIn(namespace) - 1;
          if (left > 0) this.busy.set(namespace, left);
          else this.busy.delete(namespace);
          this.next();
        }),
      );
    }
  }

  /**
   * Takes the next key of the namespace with the least work in progress; of several such namespaces, the one served
   * least recently.
   */
  private take(): string | undefined {
    const width = this.options.width();
    const most = Math.max(1, Math.floor(width * 0.75));
    let chosen: { readonly namespace: string; readonly key: string; readonly busy: number } | undefined;
    const isFull = this.underWay.size >= width;
    if (this.underWay.size >= width * (1 + this.options.beyond)) return undefined;
    for (const [namespace, keys] of this.waiting) {
      const busy = this.busyIn(namespace);
      if (isFull && busy > 0) continue;
      if (busy >= Math.min(most, chosen?.busy ?? most)) continue;
      const key = this.firstIdle(keys);
      if (key !== undefined) chosen = { namespace, key, busy };
      if (chosen?.busy === 0) break;
    }
    if (!chosen) return undefined;
    const { namespace, key } = chosen;
    const keys = this.waiting.get(namespace)!;
    keys.delete(key);
    this.waiting.delete(namespace);
    if (keys.size > 0) this.waiting.set(namespace, keys);
    return key;
  }

  /** The first key without work in progress. A key in progress is taken again later. */
  private firstIdle(keys: ReadonlySet<string>): string | undefined {
    for (const key of keys) if (!this.underWay.has(key)) return key;
    return undefined;
  }

  private busyIn(namespace: string): number {
    return this.busy.get(namespace) ?? 0;
  }

  private async work(key: string): Promise<void> {
    this.postponed.delete(key);
    try {
      const { againInSeconds } = await this.options.work(key);
      this.failures.delete(key);
      if (againInSeconds !== undefined) this.addLater(key, againInSeconds);
      if (this.changed.delete(key)) this.add(key);
    } catch (error) {
      // The change may have been our own report of the failure.
      this.changed.delete(key);
      const failures = this.failures.get(key) ?? 0;
      this.failures.set(key, failures + 1);
      const seconds = Math.min(firstRetrySeconds * 2 ** failures, maxRetrySeconds);
      const milliseconds = this.retries.plan(namespaceOf(key), this.options.clock.now(), seconds * 1000);
      this.addLater(key, milliseconds / 1000);
      this.options.onError(key, error);
    }
  }
}

function namespaceOf(key: string): string {
  return key.split("/")[0] ?? key;
}
