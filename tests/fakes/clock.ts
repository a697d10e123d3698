import type { Clock } from "../../provider/base/clock.ts";

/** A clock that only advances when a test advances it. */
export class FakeClock implements Clock {
  private time = 0;
  private wall = Date.parse("2026-01-01T00:00:00Z");
  private readonly tasks = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.time;
  }

  date(): Date {
    return new Date(this.wall + this.time);
  }

  /** Moves the machine's date without affecting durations. */
  setDate(seconds: number): void {
    this.wall += seconds * 1000;
  }

  /** Lets time pass without running tasks, as while the process is stopped. */
  stop(seconds: number): void {
    this.time += seconds * 1000;
  }

  after(milliseconds: number, run: () => void): () => void {
    const task = { at: this.time + milliseconds, run };
    this.tasks.add(task);
    return () => this.tasks.delete(task);
  }

  /** Lets time pass at once, as during work that keeps the process busy. Tasks that become due run later. */
  pass(seconds: number): void {
    this.time += seconds * 1000;
  }

  /** Advances the time, and runs all tasks that are due in it. */
  async advance(seconds: number): Promise<void> {
    const until = this.time + seconds * 1000;
    await settle();
    for (;;) {
      const due = [...this.tasks].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (!due) break;
      this.tasks.delete(due);
      this.time = due.at;
      due.run();
      await settle();
    }
    this.time = until;
  }

  /** Number of pending timers. */
  get pending(): number {
    return this.tasks.size;
  }
}

/** Lets pending promises resolve. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
