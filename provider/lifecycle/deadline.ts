import { type Clock, realClock, sleep } from "../base/clock.ts";
import { VnicError } from "../base/errors.ts";

/** The deadline of one operation. */
export class Deadline {
  private readonly operation: string;
  private readonly seconds: number;
  /** The clock that measures the operation's time. */
  readonly clock: Clock;
  private readonly endsAt: number;

  constructor(operation: string, seconds: number, clock = realClock) {
    this.operation = operation;
    this.seconds = seconds;
    this.clock = clock;
    this.endsAt = clock.now() + seconds * 1000;
  }

  get remainingMilliseconds(): number {
    return Math.max(0, this.endsAt - this.clock.now());
  }

  /** Waits, or throws if the deadline has passed: names what was awaited, the last state seen, and where to look. */
  async wait(milliseconds: number, awaited: string): Promise<void> {
    this.check(awaited);
    await sleep(this.clock, Math.min(milliseconds, this.remainingMilliseconds));
  }

  /** Throws if the deadline has passed. Whoever waited has given up then. */
  check(awaited: string): void {
    if (this.remainingMilliseconds === 0) throw this.exceeded(awaited);
  }

  /** Resolves like `promise`, unless the deadline passes first. The promised work goes on. */
  async limit<T>(promise: Promise<T>, awaited: string): Promise<T> {
    let cancel: (() => void) | undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.clock.after(this.remainingMilliseconds, () => reject(this.exceeded(awaited)));
    });
    return Promise.race([promise, late]).finally(() => cancel?.());
  }

  private exceeded(awaited: string): VnicError {
    return new VnicError(
      "deadline",
      `${this.operation}: not done within ${this.seconds} s; still waiting for ${awaited}`,
    );
  }
}
