import { type Clock, realClock } from "../base/clock.ts";
import { truncate } from "../base/quote.ts";

/** Limits a message, since parts of it may come from a server on the network. */
const maxLength = 2000;

/**
 * How many lines about one Vnic are written within a minute. A host on its network can cause any number of them: a DHCP
 * client reports each packet that it doesn't understand.
 */
const linesPerMinute = 60;
const minuteMilliseconds = 60_000;

/** Counts the lines about each Vnic within a minute. */
export class LineLimit {
  private readonly clock: Clock;
  private readonly lines = new Map<string, number>();
  private endOfMinute = -Infinity;

  constructor(clock = realClock) {
    this.clock = clock;
  }

  /** Counts a line about a Vnic. Returns how many more may follow within the minute; negative if this one may not. */
  count(uid: string): number {
    const now = this.clock.now();
    if (now >= this.endOfMinute) {
      this.lines.clear();
      this.endOfMinute = now + minuteMilliseconds;
    }
    const lines = (this.lines.get(uid) ?? 0) + 1;
    this.lines.set(uid, lines);
    return linesPerMinute - lines;
  }
}

const usualLimit = new LineLimit();

/** Writes a line about one Vnic to the agent's log, or leaves it out if there were too many within a minute. */
export function logAbout(
  { uid, interfaceName, netns }: { readonly uid: string; readonly interfaceName: string; readonly netns: string },
  message: string,
  limit = usualLimit,
): void {
  const left = limit.count(uid);
  if (left < 0) return;
  const text = left > 0 ? truncate(message, maxLength) : "there are too many messages, and no more within this minute";
  console.log(
    JSON.stringify({ time: new Date().toISOString(), vnic: uid, interface: interfaceName, netns, message: text }),
  );
}
