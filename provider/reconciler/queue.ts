/** The time, and what is to happen later; a test has one of its own. */
export interface Clock {
  now(): number;
  /** Answers with what takes it back. */
  after(milliseconds: number, task: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, task) => {
    const timer = setTimeout(task, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** What is to come of a key after its work is done; `againInSeconds` unless it is told of before. */
export interface Outcome {
  readonly againInSeconds?: number;
}

export interface QueueOptions {
  readonly work: (key: string) => Promise<Outcome>;
  readonly onError: (key: string, error: unknown) => void;
  /** How many keys are worked on at once. */
  readonly width: number;
  readonly clock?: Clock;
}

const firstPatience = 1;
const longestPatienceSeconds = 30;

/**
 * Keys to be worked on: each by one at a time, once for however many times it was added meanwhile, and again after a
 * while, twice as long each time, when its work failed.
 */
export class Queue {
  private readonly options: Required<QueueOptions>;
  private readonly waiting = new Set<string>();
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly later = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  private readonly failures = new Map<string, number>();
  private isStopped = false;

  constructor(options: QueueOptions) {
    this.options = { clock: realClock, ...options };
  }

  /** Of those that wait for their turn. */
  get depth(): number {
    return this.waiting.size;
  }

  add(key: string): void {
    this.later.get(key)?.cancel();
    this.later.delete(key);
    this.waiting.add(key);
    this.next();
  }

  /** The sooner of two times counts. */
  addLater(key: string, seconds: number): void {
    const { clock } = this.options;
    const at = clock.now() + seconds * 1000;
    const planned = this.later.get(key);
    if (planned && planned.at <= at) return;
    planned?.cancel();
    this.later.set(key, { at, cancel: clock.after(seconds * 1000, () => this.add(key)) });
  }

  /** Begins nothing more; kept when what is under way has ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const { cancel } of this.later.values()) cancel();
    await Promise.all(this.underWay.values());
  }

  private next(): void {
    for (const key of this.waiting) {
      if (this.isStopped || this.underWay.size >= this.options.width) return;
      if (this.underWay.has(key)) continue;
      this.waiting.delete(key);
      this.underWay.set(
        key,
        this.work(key).then(() => {
          this.underWay.delete(key);
          this.next();
        }),
      );
    }
  }

  private async work(key: string): Promise<void> {
    try {
      const { againInSeconds } = await this.options.work(key);
      this.failures.delete(key);
      if (againInSeconds !== undefined) this.addLater(key, againInSeconds);
    } catch (error) {
      const failures = this.failures.get(key) ?? 0;
      this.failures.set(key, failures + 1);
      this.addLater(key, Math.min(firstPatience * 2 ** failures, longestPatienceSeconds));
      this.options.onError(key, error);
    }
  }
}
