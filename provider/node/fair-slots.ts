import { AsyncLocalStorage } from "node:async_hooks";
import { availableParallelism } from "node:os";
import { type Clock, realClock } from "../base/clock.ts";

/** One piece of work and the slot that it has or had. */
interface Task {
  readonly group: string;
  holds: boolean;
  /** Number of calls of `withoutSlot` that are running in this task. */
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
  private readonly current = new AsyncLocalStorage<Task>();

  constructor(width: number, { perGroup: most = perGroup, isShared, clock = realClock }: SlotsOptions = {}) {
    this.width = width;
    this.perGroup = most;
    this.isShared = isShared ?? (() => this.underWay.size > 1);
    this.clock = clock;
  }

  /** Runs the work as soon as its group gets a slot. */
  async use<T>(group: string, work: () => Promise<T>): Promise<T> {
    const task = await this.begin(group);
    try {
      return await this.current.run(task, work);
    } finally {
      this.end(task);
    }
  }

  /** Resolves as soon as the group gets a slot, to a function that releases it. */
  async take(group: string): Promise<() => void> {
    const task = await this.begin(group);
    return () => this.end(task);
  }

  /** The group of the work that calls this; undefined outside of any work. */
  get currentGroup(): string | undefined {
    const task = this.current.getStore();
    return task && !task.ended ? task.group : undefined;
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

  private async begin(group: string): Promise<Task> {
    const task: Task = { group, holds: false, waits: 0, coming: undefined, ended: false };
    add(this.underWay, group, 1);
    await this.enter(task);
    return task;
  }

  private end(task: Task): void {
    if (task.ended) return;
    task.ended = true;
    add(this.underWay, task.group, -1);
    this.leave(task);
    this.next();
  }

  /**
   * Releases the slot of the current work while `wait` runs, and takes one again afterwards. Outside of `use`, it only
   * waits.
   */
  async withoutSlot<T>(wait: () => Promise<T>): Promise<T> {
    const task = this.current.getStore();
    if (!task || task.ended) return wait();
    task.waits++;
    this.leave(task);
    try {
      return await wait();
    } finally {
      // The last of several concurrent waits takes the slot again.
      if (--task.waits === 0 && !task.holds && !task.ended) await (task.coming ??= this.enter(task));
    }
  }

  private enter(task: Task): Promise<void> {
    return new Promise<void>((resolve) => {
      this.waiting.set(task.group, [...(this.waiting.get(task.group) ?? []), resolve]);
      this.next();
    }).then(() => {
      task.holds = true;
      task.coming = undefined;
      if (task.ended) this.leave(task);
    });
  }

  private leave(task: Task): void {
    if (!task.holds) return;
    task.holds = false;
    add(this.busy, task.group, -1);
    this.forgetFormer();
    this.left.set(task.group, this.clock.now());
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
