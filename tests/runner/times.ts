import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir } from "../lab/cache.ts";

/** Milliseconds by test file, relative to `tests`. */
export type Times = Record<string, number>;

const file = join(cacheDir, "test-times.json");

/** How long each file took in its last run on this machine. */
export function readTimes(): Times {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Times;
  } catch {
    return {};
  }
}

/** Stores the times of this run, and keeps those of files that didn't run. */
export function recordTimes(times: Times): void {
  mkdirSync(cacheDir, { recursive: true });
  const all = Object.entries({ ...readTimes(), ...times }).sort(([one], [other]) => one.localeCompare(other));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`);
}

/** The slowest files, one per line. */
export function slowest(times: Times, count: number): string[] {
  return Object.entries(times)
    .sort(([, one], [, other]) => other - one)
    .slice(0, count)
    .map(([name, milliseconds]) => `${(milliseconds / 1000).toFixed(1).padStart(8)} s  ${name}`);
}
