import { type Plot, plotSvg } from "./plot.ts";
import { type Summary, summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

export const operations = ["up", "preview", "refresh", "destroy"] as const;
export type Operation = (typeof operations)[number];
export type Times = Readonly<Record<Operation, number>>;

/** How long each operation took, in milliseconds. */
export function timesOf(
  runs: Readonly<Record<Operation, { readonly beganAt: number; readonly endedAt: number }>>,
): Times {
  const duration = (operation: Operation) => runs[operation].endedAt - runs[operation].beganAt;
  return Object.fromEntries(operations.map((operation) => [operation, duration(operation)])) as Record<
    Operation,
    number
  >;
}

/** One round at one size. All numbers but the last are milliseconds. */
export interface ScaleRound {
  readonly size: number;
  readonly vnics: Times;
  /** As many resources of a provider that does nothing. */
  readonly nothing: Times;
  /** As many links made, and removed, by hand on the nodes, all nodes at once. */
  readonly kernel: { readonly up: number; readonly destroy: number };
  /** The number of processes that wanted to run, on average over a minute, before the round. */
  readonly load: number;
}

/** What an operation may cost, as a multiple of its control. */
const targets: Readonly<Record<Operation, number>> = { up: 1.5, preview: 1.15, refresh: 1.5, destroy: 1.5 };

export interface ScaleRow {
  readonly size: number;
  readonly operation: Operation;
  readonly vnics: Summary;
  readonly control: Summary;
  readonly ratio: Summary;
  readonly target: number;
}

/** The least that an operation can take: what the engine takes alone, and the kernel if it changes something there. */
export function controlOf(operation: Operation, { nothing, kernel }: ScaleRound): number {
  return nothing[operation] + (operation === "up" || operation === "destroy" ? kernel[operation] : 0);
}

export function summarizeScale(rounds: readonly ScaleRound[]): ScaleRow[] {
  return [...Map.groupBy(rounds, ({ size }) => size)].flatMap(([size, its]) =>
    operations.map((operation) => ({
      size,
      operation,
      vnics: summarize(its.map(({ vnics }) => vnics[operation])),
      control: summarize(its.map((round) => controlOf(operation, round))),
      ratio: summarize(its.map((round) => round.vnics[operation] / controlOf(operation, round))),
      target: targets[operation],
    })),
  );
}

export function printScale(rows: readonly ScaleRow[]): void {
  console.log("\nall times in milliseconds; the control of up and destroy is doing nothing + kernel by hand\n");
  printTable(
    ["operation", "n", "p50", "p95", "control p50", "ratio p50", "target", "for each Vnic"],
    rows.map(({ size, operation, vnics, control, ratio, target }) => [
      `${operation} of ${size}`,
      ...[String(vnics.n), shown(vnics.p50), shown(vnics.p95), shown(control.p50)],
      ...[`${ratio.p50.toFixed(2)} ×`, `≤ ${target} ×${ratio.p50 > target ? ", missed" : ""}`],
      shown(vnics.p50 / size),
    ]),
  );
}

/** The plot of what each Vnic of an `up` costs, over how many there are. */
export function plotScale(rounds: readonly ScaleRound[], machine: string): string {
  const sizes = [...Map.groupBy(rounds, ({ size }) => size)].sort(([one], [other]) => one - other);
  const line = (value: (round: ScaleRound) => number) =>
    sizes.map(([size, its]) => [size, summarize(its.map(value)).p50 / size] as const);
  const loads = rounds.map(({ load }) => Math.round(load));
  const where = `${machine}, load ${[...new Set([Math.min(...loads), Math.max(...loads)])].join(" to ")}`;
  const plot: Plot = {
    title: "Cost of a Vnic in one pulumi up",
    description: `Milliseconds for each resource, over the number of resources in one run, measured on ${where}.`,
    xLabel: `Vnics in one run (${where})`,
    yLabel: "milliseconds for each",
    series: [
      { name: "up", points: line(({ vnics }) => vnics.up) },
      { name: "destroy", points: line(({ vnics }) => vnics.destroy) },
      { name: "refresh", points: line(({ vnics }) => vnics.refresh) },
      { name: "up, doing nothing", isControl: true, points: line(({ nothing }) => nothing.up) },
      { name: "kernel by hand", isControl: true, points: line(({ kernel }) => kernel.up) },
    ],
  };
  return plotSvg(plot);
}
