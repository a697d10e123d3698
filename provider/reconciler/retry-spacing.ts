/** The least time between two retries of one namespace. */
const spacingMilliseconds = 100;

/**
 * Spreads the retries of each namespace over time. Objects that fail together, for the same reason, would otherwise be
 * retried together, again and again, and would occupy API server and node at that moment. This limits how many retries
 * begin per second, and not how many are in progress: while a node doesn't answer, these would all be that node's.
 */
export class RetrySpacing {
  /** Planned retries by namespace, as multiples of the spacing. */
  private readonly taken = new Map<string, Set<number>>();

  /** Plans a retry: returns the delay until the first free time that is at least `delayMilliseconds` from `now`. */
  plan(namespace: string, now: number, delayMilliseconds: number): number {
    const slots = this.taken.get(namespace) ?? new Set();
    for (const slot of slots) if (slot * spacingMilliseconds < now) slots.delete(slot);
    let slot = Math.ceil((now + delayMilliseconds) / spacingMilliseconds);
    while (slots.has(slot)) slot++;
    this.taken.set(namespace, slots.add(slot));
    return Math.max(delayMilliseconds, slot * spacingMilliseconds - now);
  }
}
