/** The number of values that are known at once, and the longest one, as JSON. */
const limits = { values: 2000, characters: 500 };

/**
 * Values that many objects have in common, such as the labels of a workload's pods, which are then in memory once. It knows a
 * limited number of recent values, so it stays small whatever it is given. Shared values must not be changed.
 */
export class SharedValues {
  private readonly known = new Map<string, unknown>();

  /** An equal value that is known, or else this one. */
  share<T>(value: T): T {
    const key = JSON.stringify(value) as string | undefined;
    if (key === undefined || key.length > limits.characters) return value;
    const found = this.known.get(key);
    if (found !== undefined) return found as T;
    // Objects that have much in common arrive one after the other, so nothing is lost by forgetting all.
    if (this.known.size >= limits.values) this.known.clear();
    this.known.set(key, value);
    return value;
  }
}
