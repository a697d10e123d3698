import { type Clock, realClock } from "../base/clock.ts";
import { Slots } from "./fair-slots.ts";

/** After this time, work that may be hanging no longer keeps the next work of its group from beginning. */
const longestMilliseconds = 2000;

/** The groups whose requests need turns; a part of {@link Slots}. */
type Requests = Pick<Slots, "currentGroup" | "servesSeveral" | "held">;

/** The number of turns at the same time. */
interface TurnNumbers {
  /** For all groups together. A group that is alone has most of them. */
  readonly atOnce: number;
  /** For each group while several have requests. */
  readonly perGroup: number;
}

/**
 * Turns for the parts of requests that use something of the node that all requests share. A request has a slot for long,
 * and a group that was alone may have most slots when another group's request comes. But a turn is short, and all groups
 * get turns equally.
 */
export class Turns {
  private readonly requests: Requests;
  private readonly turns: Slots;
  private readonly clock: Clock;

  /** @param requests The slots of the requests whose parts take turns. */
  constructor(requests: Requests, { atOnce, perGroup }: TurnNumbers, clock: Clock = realClock) {
    this.requests = requests;
    this.turns = new Slots(atOnce, { perGroup, isShared: () => requests.servesSeveral(), clock });
    this.clock = clock;
  }

  /** Runs a part of the current request in a turn of its group. Outside of any request, runs it at once. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const group = this.requests.currentGroup;
    if (group === undefined) return work();
    const release = await this.turns.take(group);
    const cancel = this.clock.after(longestMilliseconds, release);
    try {
      return await work();
    } finally {
      cancel();
      release();
    }
  }
}
