import type { Clock } from "../base/clock.ts";

/** Runs one function at a later time. */
export class Timer {
  private readonly clock: Clock;
  private cancel: () => void = () => undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Sets the timer, and cancels the previous one. */
  set(milliseconds: number, work: () => void): void {
    this.clear();
    this.cancel = this.clock.after(milliseconds, work);
  }

  clear(): void {
    this.cancel();
  }
}
