import { now } from "./clock.ts";

/** Milliseconds from the start of a measurement to each of its stages. */
export type Laps = Readonly<Record<string, number>>;

/** Starts when constructed, and records when each stage was first reached. */
export class Stopwatch {
  private readonly startedAt: number;
  private readonly stages: Record<string, number> = {};

  constructor(startedAt: number = now()) {
    this.startedAt = startedAt;
  }

  /** @param at Time of the stage, by the machine's clock. */
  mark(stage: string, at: number = now()): void {
    this.stages[stage] ??= at - this.startedAt;
  }

  get laps(): Laps {
    return { ...this.stages };
  }
}
