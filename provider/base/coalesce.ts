/** Default key: the arguments as JSON. */
export function byArguments(...args: readonly unknown[]): string {
  return JSON.stringify(args);
}

/**
 * Wraps `read` so that concurrent callers with the same key share reads. While one read is running, all further callers
 * wait for one next read together. So each key has at most one read at a time, and no caller gets a value that was read
 * before its call.
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
