import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Stage, stages } from "../tests/bench/profile-stages.ts";
import type { Tables } from "../tests/bench/scale-stages.ts";
import { type BurstRow, series as burstSeries } from "../tests/bench/burst-report.ts";
import { healParts, healRequests, type HealRound } from "../tests/bench/heal-report.ts";
import type { Summary } from "../tests/bench/statistics.ts";
import { type Operation, operations, type ScaleRow } from "../tests/bench/scale-report.ts";

/** The kept results of `npm run bench -- scale`. */
interface ScaleResults {
  readonly summary: readonly ScaleRow[];
  readonly stages: Readonly<Record<string, Readonly<Record<Operation, Tables>>>>;
}

const words: Readonly<Record<Operation, string>> = {
  up: "`up`",
  preview: "`preview`, nothing changed",
  refresh: "`refresh`",
  destroy: "`destroy`",
};

/** The kept results of `npm run bench -- profile`. */
interface ProfileResults {
  readonly operations: readonly string[];
  readonly stages: readonly (readonly string[])[];
  readonly calls: readonly (readonly string[])[];
  readonly comparisons: readonly (readonly string[])[];
}

/** The kept results of `npm run bench -- burst`. */
interface BurstResults {
  readonly summary: readonly BurstRow[];
}

/** The kept results of `npm run bench -- heal`. */
interface HealResults {
  readonly count: number;
  readonly rounds: readonly HealRound[];
}

/** The tables of docs/performance.md, from the kept results of the benchmarks. */
export function performanceTables(): string {
  return [
    scaleTables(kept<ScaleResults>("scale")),
    profileTables(kept<{ summary: ProfileResults }>("profile").summary),
    burstTable(kept<BurstResults>("burst")),
    healTables(kept<HealResults>("heal")),
  ].join("\n\n");
}

function kept<Results>(name: string): Results {
  const path = join(import.meta.dirname, "..", "tests", "bench", "results", `${name}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Results;
}

function profileTables({ operations: shown, stages: rows, calls, comparisons }: ProfileResults): string {
  return [
    "### One Vnic, and fifty",
    "p50, milliseconds:",
    table(["Stage", ...shown], rows),
    "The number of requests, and the sum of their times in milliseconds:",
    table(["Request", ...shown], calls),
    table(["Compared", "ms", "Control", "Ratio"], comparisons),
  ].join("\n\n");
}

function burstTable({ summary }: BurstResults): string {
  const perSecond = (size: number, { p50 }: Summary) => ((size / p50) * 1000).toFixed(1);
  return [
    "### Many at once on one node",
    table(
      ["Series", "Vnics", "Made", "per second", "Removed", "per second"],
      summary.map(({ size, series: its, made, removed }) => [
        ...[burstSeries[its], String(size), seconds(made.p50), perSecond(size, made)],
        ...[seconds(removed.p50), perSecond(size, removed)],
      ]),
    ),
  ].join("\n\n");
}

function healTables({ count, rounds }: HealResults): string {
  return [
    "### A node that comes back",
    table(
      [`${count} Vnics in ten pods, after their node lost power`, "p50"],
      healParts(rounds).map(({ words: part, times }) => [part, seconds(times.p50)]),
    ),
    table(
      ["Requests in that time, of all programs", "Number"],
      healRequests(rounds).map(([kind, number]) => [`\`${kind}\``, number]),
    ),
  ].join("\n\n");
}

function scaleTables({ summary, stages: tables }: ScaleResults): string {
  const sizes = Object.keys(tables).sort((one, other) => Number(one) - Number(other));
  const [largest = ""] = sizes.slice(-1);
  return [
    "### Many Vnics in one stack",
    table(
      ["Operation", "Vnics", "Time", "Control", "Time / control", "Target"],
      operations.flatMap((operation) => summary.filter((row) => row.operation === operation).map(timesOf)),
    ),
    ...operations
      .filter((operation) => operation !== "preview")
      .flatMap((operation) => [
        `#### Stages of ${words[operation]}, by the number of Vnics`,
        stageTable(operation, sizes, tables),
      ]),
    "#### CPU time",
    table(
      ["Operation", "Vnics", "Engine and its programs", "Control", "Whole machine", "Control"],
      operations.flatMap((operation) =>
        sizes.flatMap((size) => {
          const { cpu, controlCpu } = tables[size]?.[operation] ?? {};
          return cpu && controlCpu
            ? [
                [
                  words[operation],
                  size,
                  ...[cpu.engine, controlCpu.engine, cpu.machine, controlCpu.machine].map(seconds),
                ],
              ]
            : [];
        }),
      ),
    ),
    `#### Requests for ${largest} Vnics`,
    requestTable(Number(largest), tables[largest]),
  ].join("\n\n");
}

function timesOf({ operation, size, vnics, control, ratio, target }: ScaleRow): string[] {
  return [
    ...[words[operation], String(size), seconds(vnics.p50), seconds(control.p50)],
    ...[ratio.p50.toFixed(2), `≤ ${target}`],
  ];
}

function stageTable(operation: Operation, sizes: readonly string[], tables: ScaleResults["stages"]): string {
  const rows = (Object.keys(stages) as Stage[]).map((stage) => [
    stages[stage],
    ...sizes.map((size) => {
      const found = tables[size]?.[operation].stages[stage];
      return found === undefined ? "" : seconds(found);
    }),
  ]);
  return table(["Stage", ...sizes], rows);
}

/** The number of requests for each Vnic, and their mean time. */
function requestTable(size: number, its: Readonly<Record<Operation, Tables>> | undefined): string {
  const shown = operations.filter((operation) => Object.keys(its?.[operation].calls ?? {}).length > 0);
  const kinds = [...new Set(shown.flatMap((operation) => Object.keys(its?.[operation].calls ?? {})))].sort();
  return table(
    ["Request", ...shown.map((operation) => words[operation])],
    kinds.map((kind) => [
      `\`${kind}\``,
      ...shown.map((operation) => {
        const calls = its?.[operation].calls[kind];
        if (!calls) return "";
        const number = calls.count < size / 10 ? `${calls.count} in all` : `${(calls.count / size).toFixed(2)} each`;
        return `${number}, ${Math.round(calls.busy / calls.count)} ms`;
      }),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
