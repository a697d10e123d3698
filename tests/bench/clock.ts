/*
 * One clock for all timestamps: the machine's, as milliseconds since 1970. The container runtime (nanoseconds), ping
 * and bash (microseconds) use this clock as well. `Date` has only whole milliseconds, so this module keeps the time
 * accurate to some microseconds.
 */

let offset = performance.timeOrigin;

/** Synchronises with the machine's clock, which may have been adjusted; takes up to a millisecond. */
export function synchronise(): void {
  const before = Date.now();
  let tick = before;
  while (tick === before) tick = Date.now();
  offset = tick - performance.now();
}

export function now(): number {
  return offset + performance.now();
}

/** Parses a time that ping or bash prints: seconds since 1970 with a fraction. */
export function fromSeconds(text: string): number {
  return Number(text) * 1000;
}

/** Parses a time that a container runtime prints: RFC 3339 with nanoseconds. */
export function fromRfc3339(text: string): number {
  const [, seconds = "", fraction = "0"] = /^([^.Z]*)(?:\.(\d+))?Z$/.exec(text) ?? [];
  const stamp = Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
  if (Number.isNaN(stamp)) throw new Error(`${JSON.stringify(text)} is not a time stamp in UTC`);
  return stamp;
}
