import type { Observed } from "./observe.ts";
import type { NodeStart } from "./node-start.ts";
import { callsOf, type Stage, stages, stagesOf } from "./profile-stages.ts";
import { summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

/** The times of a stack that does nothing, in milliseconds. */
interface Nothing {
  readonly up: number;
  readonly preview: number;
}

interface Runs {
  readonly up: Observed;
  readonly preview: Observed;
  readonly destroy: Observed;
}

/** One round: the operations, and their controls. Numbers are milliseconds. */
export interface ProfileRound {
  readonly bareNode: number;
  /** A new Node.js process that loads the provider's hooks. */
  readonly loading: number;
  readonly nodeStart: NodeStart;
  readonly nothingOne: Nothing;
  readonly one: Runs;
  readonly kernelOne: number;
  readonly warm: { readonly create: Observed; readonly destroy: Observed };
  readonly nothingMany: Nothing;
  /** Like `nothingMany`, without the engine's checkpoints. */
  readonly uncheckedMany: Nothing;
  readonly many: Runs;
  readonly kernelMany: number;
}

/** Prints the stages, the requests and the comparisons of all rounds by their p50, and returns them. */
export function printProfile(rounds: readonly ProfileRound[], many: number): object {
  const p50 = (value: (round: ProfileRound) => number) => summarize(rounds.map(value)).p50;
  const creations: Record<string, (round: ProfileRound) => Observed> = {
    "up of 1": ({ one }) => one.up,
    "1 more, session open": ({ warm }) => warm.create,
    [`up of ${many}`]: (round) => round.many.up,
  };
  const operations: Record<string, (round: ProfileRound) => Observed> = {
    ...creations,
    "preview of 1": ({ one }) => one.preview,
    "1 less, session open": ({ warm }) => warm.destroy,
    [`destroy of ${many}`]: (round) => round.many.destroy,
  };
  const shownOf = (value: (observed: Observed) => number) =>
    Object.values(operations).map((of) => shownOrNot(p50((round) => value(of(round)))));
  console.log("\nstages, and CPU time, p50 in milliseconds\n");
  const stageTable = [
    ...(Object.keys(stages) as Stage[]).map((stage) => [
      stages[stage],
      ...shownOf((observed) => stagesOf(observed)[stage] ?? NaN),
    ]),
    ["all", ...shownOf(durationOf)],
    ["CPU: engine, its plugins, program", ...shownOf(({ cpu }) => cpu.engine)],
    ["CPU: whole machine", ...shownOf(({ cpu }) => cpu.machine)],
  ];
  printTable(["stage", ...Object.keys(operations)], stageTable);

  console.log("\nrequests to the API server: number, and p50 of the sum of their times in milliseconds\n");
  const kinds = [
    ...new Set(rounds.flatMap((round) => Object.values(operations).flatMap((of) => Object.keys(callsOf(of(round)))))),
  ].sort();
  const callTable = kinds.map((kind) => [
    kind,
    ...Object.values(operations).map((of) => {
      const count = p50((round) => callsOf(of(round))[kind]?.count ?? 0);
      return count === 0 ? "" : `${count}: ${shown(p50((round) => callsOf(of(round))[kind]?.busy ?? 0))}`;
    }),
  ]);
  printTable(["request", ...Object.keys(operations)], callTable);

  console.log("");
  const comparisons = comparisonsOf(p50, many);
  printTable(["compared in each round, p50", "ms", "control", "ratio"], comparisons);
  return { operations: Object.keys(operations), stages: stageTable, calls: callTable, comparisons };
}

function comparisonsOf(p50: (value: (round: ProfileRound) => number) => number, many: number): string[][] {
  const compare = (what: string, value: (round: ProfileRound) => number, control: (round: ProfileRound) => number) => [
    what,
    shown(p50(value)),
    shown(p50(control)),
    `${p50((round) => value(round) / control(round)).toFixed(2)} ×`,
  ];
  const node = (of: Observed) => stagesOf(of).work ?? NaN;
  return [
    compare(
      "a process that loads the hooks / bare Node.js",
      (one) => one.loading,
      (one) => one.bareNode,
    ),
    compare(
      "node side, until it answers / bare Node.js",
      ({ nodeStart }) => nodeStart.hello,
      ({ nodeStart }) => nodeStart.bare,
    ),
    compare(
      "node side, until it has checked a plan / bare Node.js",
      ({ nodeStart }) => nodeStart.plan,
      ({ nodeStart }) => nodeStart.bare,
    ),
    compare(
      "up of 1 / doing nothing",
      ({ one }) => durationOf(one.up),
      ({ nothingOne }) => nothingOne.up,
    ),
    compare(
      "preview of 1 / doing nothing",
      ({ one }) => durationOf(one.preview),
      ({ nothingOne }) => nothingOne.preview,
    ),
    compare(
      "node's part of 1, session open / kernel by hand",
      ({ warm }) => node(warm.create),
      (one) => one.kernelOne,
    ),
    compare(
      `up of ${many} / doing nothing`,
      (one) => durationOf(one.many.up),
      (one) => one.nothingMany.up,
    ),
    compare(
      `up of ${many} / (doing nothing + kernel by hand)`,
      (one) => durationOf(one.many.up),
      (one) => one.nothingMany.up + one.kernelMany,
    ),
    compare(
      `node's part of ${many} / kernel by hand`,
      (one) => node(one.many.up),
      (one) => one.kernelMany,
    ),
    compare(
      `doing nothing ${many} times with checkpoints / without`,
      (one) => one.nothingMany.up,
      (one) => one.uncheckedMany.up,
    ),
  ];
}

function durationOf({ beganAt, endedAt }: Observed): number {
  return endedAt - beganAt;
}

function shownOrNot(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? "" : shown(milliseconds);
}
