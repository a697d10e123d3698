import { AsyncLocalStorage } from "node:async_hooks";

/** One piece of work that has, or had, a place. */
interface Turn {
  readonly group: string;
  holds: boolean;
  /** Waits that are under way in it. */
  waits: number;
  coming: Promise<void> | undefined;
  ended: boolean;
}

/** The part of all places that one group can have, so that there is always one for another. */
const largestShare = 0.75;

/**
 * Places for work, shared by groups: a place that is free goes to the group that has the fewest, and no group can have all.
 * What only waits gives its place back meanwhile, see {@link aside}.
 */
export class Slots {
  private readonly width: number;
  private taken = 0;
  private readonly busy = new Map<string, number>();
  /** By group, the one whose last turn is longest ago first. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly turns = new AsyncLocalStorage<Turn>();

  constructor(width: number) {
    this.width = width;
  }

  /** Runs the work as soon as there is a place for its group. */
  async use<T>(group: string, work: () => Promise<T>): Promise<T> {
    const turn: Turn = { group, holds: false, waits: 0, coming: undefined, ended: false };
    await this.enter(turn);
    try {
      return await this.turns.run(turn, work);
    } finally {
      turn.ended = true;
      this.leave(turn);
    }
  }

  /** Waits without the place of the work that this is part of, and takes one again; outside of any, just waits. */
  async aside<T>(wait: () => Promise<T>): Promise<T> {
    const turn = this.turns.getStore();
    if (!turn || turn.ended) return wait();
    turn.waits++;
    this.leave(turn);
    try {
      return await wait();
    } finally {
      // The last of several waits side by side takes the place again.
      if (--turn.waits === 0 && !turn.holds && !turn.ended) await (turn.coming ??= this.enter(turn));
    }
  }

  private enter(turn: Turn): Promise<void> {
    return new Promise<void>((resolve) => {
      this.waiting.set(turn.group, [...(this.waiting.get(turn.group) ?? []), resolve]);
      this.next();
    }).then(() => {
      turn.holds = true;
      turn.coming = undefined;
      if (turn.ended) this.leave(turn);
    });
  }

  private leave(turn: Turn): void {
    if (!turn.holds) return;
    turn.holds = false;
    const left = (this.busy.get(turn.group) ?? 1) - 1;
    if (left > 0) this.busy.set(turn.group, left);
    else this.busy.delete(turn.group);
    this.taken--;
    this.next();
  }

  private next(): void {
    while (this.taken < this.width) {
      const group = this.nextGroup();
      if (group === undefined) return;
      const [first, ...others] = this.waiting.get(group)!;
      // Behind the other groups.
      this.waiting.delete(group);
      if (others.length > 0) this.waiting.set(group, others);
      this.busy.set(group, (this.busy.get(group) ?? 0) + 1);
      this.taken++;
      first?.();
    }
  }

  private nextGroup(): string | undefined {
    const most = Math.max(1, Math.floor(this.width * largestShare));
    let chosen: { readonly group: string; readonly busy: number } | undefined;
    for (const group of this.waiting.keys()) {
      const busy = this.busy.get(group) ?? 0;
      if (busy < Math.min(most, chosen?.busy ?? most)) chosen = { group, busy };
    }
    return chosen?.group;
  }
}
