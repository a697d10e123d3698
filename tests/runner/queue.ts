/**
 * Items in the order in which they should be taken. An item that isn't ready lets later ones pass, and is taken as soon
 * as it is ready. One that will never be ready is left out.
 */
export class Queue<Item> {
  #rest: Item[];
  readonly #ready = new Set<Item>();
  readonly #waiting: (() => void)[] = [];

  constructor(items: readonly Item[], readiness: (item: Item) => Promise<boolean>) {
    this.#rest = [...items];
    for (const item of items) void readiness(item).then((isReady) => this.#settle(item, isReady));
  }

  /** How many items are left, ready or not. */
  get length(): number {
    return this.#rest.length;
  }

  /** Takes the first item that is ready, waiting for one if necessary; undefined if none is left. */
  async take(): Promise<Item | undefined> {
    while (this.#rest.length > 0) {
      const next = this.#rest.find((item) => this.#ready.has(item));
      if (next !== undefined) {
        this.#remove(next);
        return next;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return undefined;
  }

  #settle(item: Item, isReady: boolean): void {
    if (isReady) this.#ready.add(item);
    else this.#remove(item);
    this.#wake();
  }

  #remove(item: Item): void {
    this.#rest = this.#rest.filter((other) => other !== item);
    if (this.#rest.length === 0) this.#wake();
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
