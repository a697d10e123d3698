import { AsyncLocalStorage } from "node:async_hooks";
import { availableParallelism } from "node:os";
import { type Clock, realClock } from "../base/clock.ts";

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
 * The number of slots for each group while several have work. The work mostly starts programs, so it also shares the
 * processors, and more slots for one group would slow down the others. Some of it waits for the kernel.
 */
const perGroup = 2 * availableParallelism();

/**
 * How long a group that has left its last slot still counts as served, in milliseconds. A request leaves its slot for about
 * half of that, to wait for answers to probes, and then needs it again.
 */
const momentMilliseconds = 200;

interface SlotsOptions {
  /** The number of slots for each group while several have work. */
  readonly perGroup?: number;
  /** Whether several groups have work. By default, work that only waits counts, too. */
  readonly isShared?: () => boolean;
  readonly clock?: Clock;
}

/**
 * Slots for concurrent work, shared fairly by groups: a free slot goes to the group that has the fewest, and no group
 * can have all. Work that only waits can release its slot for that time, see {@link withoutSlot}.
 */
export class Slots {
  private readonly width: number;
  private readonly perGroup: number;
  private readonly isShared: () => boolean;
  private readonly clock: Clock;
  private taken = 0;
  private readonly busy = new Map<string, number>();
  /** When a group last left a slot, for the groups that did so a moment ago. */
  private readonly left = new Map<string, number>();
  /** Number of pieces of work that wait for a slot, have one or have released it for a while, by group. */
  private readonly underWay = new Map<string, number>();
  /** Waiting work by group; the group served least recently comes first. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly turns = new AsyncLocalStorage<Turn>();

  constructor(width: number, { perGroup: most = perGroup, isShared, clock = realClock }: SlotsOptions = {}) {
    this.width = width;
    this.perGroup = most;
    this.isShared = isShared ?? (() => this.underWay.size > 1);
    this.clock = clock;
  }

  /** Runs the work as soon as its group gets a slot. */
  async use<T>(group: string, work: () => Promise<T>): Promise<T> {
    const turn = await this.begin(group);
    try {
      return await this.turns.run(turn, work);
    } finally {
      this.end(turn);
    }
  }

  /** Resolves as soon as the group gets a slot, to a function that releases it. */
  async take(group: string): Promise<() => void> {
    const turn = await this.begin(group);
    return () => this.end(turn);
  }

  /** The group of the work that calls this; undefined outside of any work. */
  get currentGroup(): string | undefined {
    const turn = this.turns.getStore();
    return turn && !turn.ended ? turn.group : undefined;
  }

  /** Number of slots that the group has. */
  held(group: string): number {
    return this.busy.get(group) ?? 0;
  }

  /** Whether several groups have or want slots, or had one a moment ago. Work that waits for long without one doesn't count. */
  servesSeveral(): boolean {
    this.forgetFormer();
    return new Set([...this.busy.keys(), ...this.waiting.keys(), ...this.left.keys()]).size > 1;
  }

  private forgetFormer(): void {
    const since = this.clock.now() - momentMilliseconds;
    for (const [group, at] of this.left) if (at < since) this.left.delete(group);
  }

  private async begin(group: string): Promise<Turn> {
    const turn: Turn = { group, holds: false, waits: 0, coming: undefined, ended: false };
    add(this.underWay, group, 1);
    await this.enter(turn);
    return turn;
  }

  private end(turn: Turn): void {
    if (turn.ended) return;
    turn.ended = true;
    add(this.underWay, turn.group, -1);
    this.leave(turn);
    this.next();
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
    add(this.busy, turn.group, -1);
    this.forgetFormer();
    this.left.set(turn.group, this.clock.now());
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
      add(this.busy, group, 1);
      this.taken++;
      first?.();
    }
  }

  private nextGroup(): string | undefined {
    const share = Math.max(1, Math.floor(this.width * largestShare));
    const most = this.isShared() ? Math.min(share, this.perGroup) : share;
    let chosen: { readonly group: string; readonly busy: number } | undefined;
    for (const group of this.waiting.keys()) {
      const busy = this.busy.get(group) ?? 0;
      if (busy < Math.min(most, chosen?.busy ?? most)) chosen = { group, busy };
    }
    return chosen?.group;
  }
}

function add(counts: Map<string, number>, group: string, change: 1 | -1): void {
  const count = (counts.get(group) ?? 0) + change;
  if (count > 0) counts.set(group, count);
  else counts.delete(group);
}
