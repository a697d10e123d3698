import { AsyncLocalStorage } from "node:async_hooks";

/** One piece of work and the slot that it has or had. */
interface Turn {
  readonly group: string;
  holds: boolean;
  /** Number of calls of `withoutSlot` that are running in this turn. */
  waits: number;
  coming: Promise<void> | undefined;
  ended: boolean;
}

/** The largest share of all slots that one group can have, so that other groups always find a free slot. */
const largestShare = 0.75;

/**
 * Slots for concurrent work, shared fairly by groups: a free slot goes to the group that has the fewest, and no group
 * can have all. Work that only waits can release its slot for that time, see {@link withoutSlot}.
 */
export class Slots {
  private readonly width: number;
  private taken = 0;
  private readonly busy = new Map<string, number>();
  /** Waiting work by group; the group served least recently comes first. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly turns = new AsyncLocalStorage<Turn>();

  constructor(width: number) {
    this.width = width;
  }

  /** Runs the work as soon as its group gets a slot. */
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

  /**
   * Releases the slot of the current work while `wait` runs, and takes one again afterwards. Outside of `use`, it only
   * waits.
   */
  async withoutSlot<T>(wait: () => Promise<T>): Promise<T> {
    const turn = this.turns.getStore();
    if (!turn || turn.ended) return wait();
    turn.waits++;
    this.leave(turn);
    try {
      return await wait();
    } finally {
      // The last of several concurrent waits takes the slot again.
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
      // Move the group behind the others.
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
