import { relative } from "node:path";
import { testsFolder } from "./tiers.ts";
import { readTimes, type Times } from "./times.ts";
import { usualTimes } from "./usual-times.ts";

/** The times of earlier runs on this machine, or usual ones. */
const formerTimes = (): Times => ({ ...usualTimes, ...readTimes() });

/** Sorts by the times that files took in earlier runs, the longest first. A file's name is relative to `tests`. */
export function longestFirst<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  const former = formerTimes();
  const expected = (item: Item): number => former[nameOf(item)] ?? 50_000;
  return [...items].sort((one, other) => expected(other) - expected(one));
}

/** Divides files into parts, none of them empty, that take about as long as one another by the times of earlier runs. */
export function shares(files: readonly string[], count: number): string[][] {
  const former = formerTimes();
  const timed = files.map((file) => ({ file, expected: former[relative(testsFolder, file)] ?? 5000 }));
  const parts = Array.from({ length: Math.min(count, files.length) }, () => ({ files: [] as string[], expected: 0 }));
  for (const { file, expected } of timed.sort((one, other) => other.expected - one.expected)) {
    const shortest = parts.reduce((best, part) => (part.expected < best.expected ? part : best));
    shortest.files.push(file);
    shortest.expected += expected;
  }
  return parts.map((part) => part.files.sort());
}
