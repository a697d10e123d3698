import { Session } from "node:inspector/promises";
import { setFlagsFromString } from "node:v8";

/** Array methods that aren't written in JavaScript, so coverage doesn't count their internal loops. */
const native = ["includes", "indexOf", "slice", "concat"] as const;

/** Optimising compilers, which are switched off because optimised code isn't counted. */
const optimizers = ["opt", "maglev", "sparkplug"];

/**
 * Measures the work of a function: how often V8 enters blocks of our code and of the libraries, and the items in arrays
 * that are searched or copied. Unlike a time, the result is the same for each run.
 */
export async function workOf(run: () => unknown): Promise<number> {
  const session = new Session();
  session.connect();
  for (const one of optimizers) setFlagsFromString(`--no-${one}`);
  let items = 0;
  const originals = native.map((name) => [name, Array.prototype[name]] as const);
  for (const [name, original] of originals)
    Object.defineProperty(Array.prototype, name, {
      configurable: true,
      writable: true,
      value(this: unknown[], ...args: unknown[]) {
        items += this.length;
        return (original as (...all: unknown[]) => unknown).apply(this, args);
      },
    });
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    await session.post("Profiler.takePreciseCoverage");
    run();
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const counts = result
      .filter(({ url }) => url.includes("/provider/") || url.includes("/node_modules/"))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
    return counts.reduce((sum, count) => sum + count, items);
  } finally {
    await session.post("Profiler.stopPreciseCoverage");
    session.disconnect();
    for (const one of optimizers) setFlagsFromString(`--${one}`);
    for (const [name, original] of originals)
      Object.defineProperty(Array.prototype, name, { configurable: true, writable: true, value: original });
  }
}

/** The factor by which the work grows from half of a size to that size: 2 if it is linear, 4 if quadratic. */
export async function growth<T>(
  size: number,
  prepare: (size: number) => T,
  run: (prepared: T) => unknown,
): Promise<number> {
  // The first run isn't measured, because it includes work that is done only once.
  run(prepare(16));
  const [half, whole] = [prepare(size / 2), prepare(size)];
  const least = await workOf(() => run(half));
  return (await workOf(() => run(whole))) / least;
}
