import { type Stage, stages } from "../../tests/bench/profile-stages.ts";
import { type Operation, operations, type ScaleRow } from "../../tests/bench/scale-report.ts";
import type { Tables } from "../../tests/bench/scale-stages.ts";
import { seconds, table } from "./markdown.ts";

/** The kept results of `npm run bench -- scale`. */
export interface ScaleResults {
  readonly summary: readonly ScaleRow[];
  readonly stages: Readonly<Record<string, Readonly<Record<Operation, Tables>>>>;
}

const words: Readonly<Record<Operation, string>> = {
  up: "`up`",
  preview: "`preview`, nothing changed",
  refresh: "`refresh`",
  destroy: "`destroy`",
};

/** Many Vnics in one stack: times, stages, CPU time and requests. */
export function scaleTables({ summary, stages: tables }: ScaleResults): string {
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
