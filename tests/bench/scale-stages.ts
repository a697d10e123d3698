import type { Cpu, Observed } from "./observe.ts";
import { callsOf, type Stage, stages, stagesOf } from "./profile-stages.ts";
import { type Operation, operations } from "./scale-report.ts";
import { printTable, shown } from "./table.ts";

/** What was seen of each operation. */
export type Runs = Readonly<Record<Operation, Observed>>;

/** Where the time of an operation went. */
export interface Tables {
  /** Milliseconds. */
  readonly stages: Partial<Record<Stage, number>>;
  readonly calls: ReturnType<typeof callsOf>;
  readonly cpu: Cpu;
  /** What as many resources that do nothing took. */
  readonly controlCpu: Cpu;
}

/** The stages, the CPU time and the requests of each operation, printed and returned. */
export function tablesOf(size: number, vnics: Runs, nothing: Runs): Readonly<Record<Operation, Tables>> {
  const tables = Object.fromEntries(
    operations.map((operation) => {
      const observed = vnics[operation];
      const { cpu: controlCpu } = nothing[operation];
      return [operation, { stages: stagesOf(observed), calls: callsOf(observed), cpu: observed.cpu, controlCpu }];
    }),
  ) as Record<Operation, Tables>;
  const row = (words: string, value: (its: Tables) => number | undefined) => [
    words,
    ...operations.map((operation) => {
      const found = value(tables[operation]);
      return found === undefined ? "" : shown(found);
    }),
  ];
  console.log(`\n${size} Vnics: stages and CPU time in milliseconds\n`);
  printTable(
    ["stage", ...operations],
    [
      ...(Object.keys(stages) as Stage[]).map((stage) => row(stages[stage], (its) => its.stages[stage])),
      row("CPU: engine, its plugins, program", ({ cpu }) => cpu.engine),
      row("CPU: the same, doing nothing", ({ controlCpu }) => controlCpu.engine),
      row("CPU: whole machine", ({ cpu }) => cpu.machine),
      row("CPU: the same, doing nothing", ({ controlCpu }) => controlCpu.machine),
    ],
  );
  const kinds = [...new Set(operations.flatMap((operation) => Object.keys(tables[operation].calls)))].sort();
  console.log(`\n${size} Vnics: number of requests, and the sum of their times in milliseconds\n`);
  printTable(
    ["request", ...operations],
    kinds.map((kind) => [
      kind,
      ...operations.map((operation) => {
        const calls = tables[operation].calls[kind];
        return calls ? `${calls.count}: ${shown(calls.busy)}` : "";
      }),
    ]),
  );
  return tables;
}
