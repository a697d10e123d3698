import type { Watched } from "../cluster/cluster.ts";

export interface IndexOptions<T> {
  readonly idOf: (object: T) => string;
  readonly keyOf: (object: T) => string;
}

const none: ReadonlySet<string> = new Set();

/**
 * The IDs of watched objects by a key, such as the Vnics of a pod. Without it, each event of one of many pods would go
 * through all of many Vnics.
 */
export class WatchedIndex<T> {
  private readonly idsByKey = new Map<string, Set<string>>();
  private readonly keys = new Map<string, string>();

  constructor(watched: Watched<T>, { idOf, keyOf }: IndexOptions<T>) {
    for (const object of watched.list()) this.put(idOf(object), keyOf(object));
    watched.onChange((object) => this.put(idOf(object), keyOf(object)));
    watched.onGone((object) => this.remove(idOf(object)));
  }

  idsOf(key: string): ReadonlySet<string> {
    return this.idsByKey.get(key) ?? none;
  }

  private put(id: string, key: string): void {
    if (this.keys.get(id) === key) return;
    this.remove(id);
    this.keys.set(id, key);
    this.idsByKey.set(key, (this.idsByKey.get(key) ?? new Set()).add(id));
  }

  private remove(id: string): void {
    const key = this.keys.get(id);
    if (key === undefined) return;
    this.keys.delete(id);
    const ids = this.idsByKey.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.idsByKey.delete(key);
  }
}
