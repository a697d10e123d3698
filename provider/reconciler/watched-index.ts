import type { Watched } from "../cluster/cluster.ts";

export interface IndexOptions<T> {
  readonly idOf: (object: T) => string;
  /** The keys by which an object is found; none if it isn't to be found at present. */
  readonly keysOf: (object: T) => readonly string[];
}

/**
 * Watched objects by a key, such as the Vnics of a pod. Without it, each event of one of many pods would go through all
 * of many Vnics.
 */
export class WatchedIndex<T> {
  private readonly options: IndexOptions<T>;
  /** The objects of each key by their IDs. */
  private readonly byKey = new Map<string, Map<string, T>>();
  private readonly keys = new Map<string, readonly string[]>();

  constructor(watched: Watched<T>, options: IndexOptions<T>) {
    this.options = options;
    for (const object of watched.list()) this.put(object);
    watched.onChange((object) => this.put(object));
    watched.onGone((object) => this.remove(options.idOf(object)));
  }

  /** The objects with that key, by their IDs. */
  of(key: string): ReadonlyMap<string, T> {
    return this.byKey.get(key) ?? new Map<string, T>();
  }

  /** All keys of which there is an object. */
  get allKeys(): Iterable<string> {
    return this.byKey.keys();
  }

  private put(object: T): void {
    const id = this.options.idOf(object);
    this.remove(id);
    const keys = this.options.keysOf(object);
    if (keys.length === 0) return;
    this.keys.set(id, keys);
    for (const key of keys) this.byKey.set(key, (this.byKey.get(key) ?? new Map<string, T>()).set(id, object));
  }

  private remove(id: string): void {
    for (const key of this.keys.get(id) ?? []) {
      const objects = this.byKey.get(key);
      objects?.delete(id);
      if (objects?.size === 0) this.byKey.delete(key);
    }
    this.keys.delete(id);
  }
}
