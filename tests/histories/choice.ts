import fc from "fast-check";

/** Random choices that depend only on the seed. */
export class Choice {
  private readonly numbers: Iterator<number>;

  constructor(seed: number) {
    const [stream] = fc.sample(fc.infiniteStream(fc.nat()), { seed, numRuns: 1 });
    if (!stream) throw new Error("fast-check gave no sample");
    this.numbers = stream[Symbol.iterator]();
  }

  below(limit: number): number {
    return (this.numbers.next().value as number) % limit;
  }

  one<T>(of: readonly T[]): T {
    const chosen = of[this.below(of.length)];
    if (chosen === undefined) throw new Error("there is nothing to choose from");
    return chosen;
  }

  /** Returns true with the given probability in percent. */
  happens(percent: number): boolean {
    return this.below(100) < percent;
  }
}
