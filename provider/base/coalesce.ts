/** What tells one reading from another, unless somebody says otherwise. */
export function byArguments(...args: readonly unknown[]): string {
  return JSON.stringify(args);
}

/**
 * `read`, shared by those who ask for the same at the same time: while one reading is under way, all who come wait for the
 * next one. So there is one at a time for each `key`, however many ask, and nobody gets what was read before they asked.
 */
export function coalesce<A extends readonly unknown[], T>(
  read: (...args: A) => Promise<T>,
  key: (...args: A) => string = byArguments,
): (...args: A) => Promise<T> {
  const readings = new Map<string, { readonly now: Promise<T>; next?: Promise<T> }>();

  function begin(name: string, args: A): Promise<T> {
    const reading = { now: read(...args) };
    readings.set(name, reading);
    const forget = () => {
      if (readings.get(name) === reading && !("next" in reading)) readings.delete(name);
    };
    reading.now.then(forget, forget);
    return reading.now;
  }

  return (...args) => {
    const name = key(...args);
    const reading = readings.get(name);
    if (!reading) return begin(name, args);
    const follow = () => begin(name, args);
    return (reading.next ??= reading.now.then(follow, follow));
  };
}
