import { type Clock, realClock } from "../base/clock.ts";

export interface PaceOptions {
  /** @default 2 */
  readonly min?: number;
  /** The number at the start. @default 8 */
  readonly initial?: number;
  /** @default 64 */
  readonly max?: number;
  readonly clock?: Pick<Clock, "now">;
}

/** An overload makes many calls fail; all failures within this time count as one overload. */
const overloadMilliseconds = 3000;

/**
 * How many objects are processed at once. After a start, all objects need work at the same time, so the number is small
 * at first. Each success raises the number by one, and an overload of the API server halves it. After an overload the
 * number grows more slowly, so that it stays near what the server can do, like TCP's congestion window (RFC 5681).
 */
export class Pace {
  private readonly options: Required<PaceOptions>;
  private room: number;
  /** Above this number, it grows slowly. */
  private threshold: number;
  private overloadedAt = -Infinity;

  constructor({ min = 2, initial = 8, max = 64, clock = realClock }: PaceOptions = {}) {
    this.options = { min, initial, max, clock };
    this.room = initial;
    this.threshold = max;
  }

  get width(): number {
    return Math.floor(this.room);
  }

  succeeded(): void {
    const grown = this.room + (this.room < this.threshold ? 1 : 1 / this.room);
    this.room = Math.min(this.options.max, grown);
  }

  /** Reports that the API server doesn't keep up. */
  overloaded(): void {
    const now = this.options.clock.now();
    if (now - this.overloadedAt < overloadMilliseconds) return;
    this.overloadedAt = now;
    this.threshold = Math.max(this.options.min, this.room / 2);
    this.room = this.threshold;
  }
}
