import type { Clock } from "../../provider/reconciler/queue.ts";

/** A clock that stands until it is told to go on. */
export class FakeClock implements Clock {
  private time = 0;
  private readonly tasks = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const task = { at: this.time + milliseconds, run };
    this.tasks.add(task);
    return () => this.tasks.delete(task);
  }

  /** Goes on by that much, and lets everything happen that is due until then. */
  async advance(seconds: number): Promise<void> {
    const until = this.time + seconds * 1000;
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
}

/** Lets promises that can be kept be kept. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
