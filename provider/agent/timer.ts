import type { Clock } from "../base/clock.ts";

/** One thing to do at a time to come. */
export class Timer {
  private readonly clock: Clock;
  private cancel: () => void = () => undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Sets the timer, and cancels what was set before. */
  set(milliseconds: number, work: () => void): void {
    this.clear();
    this.cancel = this.clock.after(milliseconds, work);
  }

  clear(): void {
    this.cancel();
  }
}
