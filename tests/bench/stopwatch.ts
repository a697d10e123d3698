import { now } from "./clock.ts";

/** Milliseconds from the start of one measurement to each of its stages. */
export type Laps = Readonly<Record<string, number>>;

/** Started by its construction; notes when each stage was reached for the first time. */
export class Stopwatch {
  private readonly startedAt: number;
  private readonly stages: Record<string, number> = {};

  constructor(startedAt: number = now()) {
    this.startedAt = startedAt;
  }

  /** `at`: when it was, by the machine's clock. */
  mark(stage: string, at: number = now()): void {
    this.stages[stage] ??= at - this.startedAt;
  }

  get laps(): Laps {
    return { ...this.stages };
  }
}
