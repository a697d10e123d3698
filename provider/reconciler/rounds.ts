import { type Clock, realClock } from "../base/clock.ts";

export interface RoundsOptions {
  /** How long it takes at least until all places were visited once, in seconds. */
  readonly everySeconds: number;
  /** The shortest time between two visits, in seconds. With many places, a round takes longer for it. */
  readonly leastSeconds: number;
  /** The places at present. */
  readonly places: () => Iterable<string>;
  readonly visit: (place: string) => void;
  /** Whether other work waits. A visit then waits as well, up to ten times the shortest time. @default never */
  readonly isBusy?: () => boolean;
  readonly clock?: Clock;
}

/** Work that never ends must not keep all places from being visited. */
const mostPostponed = 9;

/**
 * Visits one place after the other, evenly over the interval, again and again. All at once would keep the API server and
 * the reconciler from what has just changed. Returns a function that ends the rounds.
 */
export function startRounds({
  everySeconds,
  leastSeconds,
  places,
  visit,
  isBusy = () => false,
  clock = realClock,
}: RoundsOptions): () => void {
  /** All places; the one that has waited longest for a visit comes first. */
  const waiting = new Set<string>();
  /** Takes up new places, and forgets those that are gone. */
  const renew = (): void => {
    const present = new Set(places());
    for (const place of waiting) if (!present.has(place)) waiting.delete(place);
    for (const place of present) waiting.add(place);
  };
  const plan = (): (() => void) => {
    const seconds = Math.max(everySeconds / Math.max(1, waiting.size), leastSeconds);
    return clock.after(seconds * 1000, () => next(0));
  };
  const next = (postponed: number): void => {
    if (postponed < mostPostponed && isBusy()) {
      cancel = clock.after(leastSeconds * 1000, () => next(postponed + 1));
      return;
    }
    renew();
    const [place] = waiting;
    if (place !== undefined) {
      waiting.delete(place);
      waiting.add(place);
      visit(place);
    }
    cancel = plan();
  };
  renew();
  let cancel = plan();
  return () => cancel();
}
