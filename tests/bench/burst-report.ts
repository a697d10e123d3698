import { type Summary, summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

/** Milliseconds for creating all links of one series, and for removing them. */
export interface Times {
  readonly made: number;
  readonly removed: number;
}

export type Series = "lifecycle" | "engine" | "engineNothing" | "kernelWork";

/** One repetition with this number of Vnics. */
export interface Burst extends Readonly<Record<Series, Times>> {
  readonly size: number;
}

/** What was measured, in words. */
export const series: Readonly<Record<Series, string>> = {
  lifecycle: "lifecycle alone, new session",
  engine: "one pulumi up / destroy",
  engineNothing: "control: the same engine, do-nothing resources",
  kernelWork: "control: kernel work by hand, one after the other",
};

/** One series at one size. */
export interface BurstRow {
  readonly size: number;
  readonly series: Series;
  readonly made: Summary;
  readonly removed: Summary;
}

/** Prints the results of the repetitions, and returns them. */
export function printBurst(bursts: readonly Burst[]): BurstRow[] {
  const sizes = [...new Set(bursts.map(({ size }) => size))];
  const rows = sizes.flatMap((size) =>
    (Object.keys(series) as Series[]).map((key) => {
      const times = bursts.filter((burst) => burst.size === size).map((burst) => burst[key]);
      const of = (part: keyof Times) => summarize(times.map((time) => time[part]));
      return { size, series: key, made: of("made"), removed: of("removed") };
    }),
  );
  console.log(
    "\nuntil all are made, and until all are gone: p50 [min, max] in milliseconds, and how many per second\n",
  );
  printTable(
    ["series", "Vnics", "n", "made", "per s", "removed", "per s"],
    rows.map(({ size, series: key, made, removed }) => [
      series[key],
      String(size),
      String(made.n),
      spread(made),
      perSecond(size, made),
      spread(removed),
      perSecond(size, removed),
    ]),
  );
  console.log("\nAll nodes of the lab share one kernel, which moves one link at a time.");
  return rows;
}

function spread({ p50, min, max }: Summary): string {
  return `${shown(p50)} [${shown(min)}, ${shown(max)}]`;
}

function perSecond(size: number, { p50 }: Summary): string {
  return ((size / p50) * 1000).toFixed(1);
}
