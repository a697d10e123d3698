import type { Watched } from "../../provider/cluster/cluster.ts";

interface Named {
  readonly metadata?: { readonly namespace?: string; readonly name?: string };
}

/** Watched objects of any kind, which a test changes. */
export class FakeWatched<T extends Named> implements Watched<T> {
  private readonly objects = new Map<string, T>();
  private readonly changeListeners: ((object: T) => void)[] = [];
  private readonly goneListeners: ((object: T) => void)[] = [];

  constructor(...objects: readonly T[]) {
    for (const object of objects) this.objects.set(keyOf(object), object);
  }

  list(): readonly T[] {
    return [...this.objects.values()];
  }

  listIn(namespace: string): readonly T[] {
    return this.list().filter(({ metadata }) => metadata?.namespace === namespace);
  }

  find({ namespace, name }: { readonly namespace: string; readonly name: string }): T | undefined {
    return this.objects.get(`${namespace}/${name}`);
  }

  onChange(listener: (object: T) => void): void {
    this.changeListeners.push(listener);
  }

  onGone(listener: (object: T) => void): void {
    this.goneListeners.push(listener);
  }

  put(object: T): void {
    this.objects.set(keyOf(object), object);
    for (const listener of this.changeListeners) listener(object);
  }

  /** Deletes an object. As with a real watch, its deletion is a change as well. */
  remove(object: T): void {
    this.objects.delete(keyOf(object));
    for (const listener of [...this.changeListeners, ...this.goneListeners]) listener(object);
  }
}

function keyOf({ metadata }: Named): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}
