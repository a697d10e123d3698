import { type Summary, summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

/** One round. Times are milliseconds. */
export interface SetsRound {
  /** How many Vnics the sets have together. */
  readonly size: number;
  /** What an `up` had reached when, since its start. */
  readonly up: Readonly<Record<keyof typeof moments, number>>;
  readonly destroy: number;
  /** As many links made, and removed, by hand on the nodes, all nodes at once. */
  readonly kernel: { readonly up: number; readonly destroy: number };
  /** What all programs of the machine took of its CPUs during the `up`. */
  readonly cpu: number;
  /** How many requests of each kind the API server has answered during the `up`, of all programs. */
  readonly requests: Readonly<Record<string, number>>;
}

const moments = {
  firstRecord: "first Vnic recorded: engine, program, VnicSets",
  firstReady: "first Vnic ready",
  lastRecord: "last Vnic recorded",
  lastReady: "last Vnic ready",
  end: "end of `up`",
} as const;

const target = 1.3;

export interface SetsSummary {
  readonly size: number;
  /** Moments of an `up`, in words. */
  readonly moments: readonly { readonly words: string; readonly at: Summary }[];
  readonly cpu: Summary;
  readonly comparisons: readonly (readonly string[])[];
  /** The number of requests of each kind, for each Vnic. */
  readonly requests: Readonly<Record<string, number>>;
}

export function summarizeSets(rounds: readonly SetsRound[]): SetsSummary {
  const size = rounds[0]?.size ?? 0;
  const kinds = [...new Set(rounds.flatMap(({ requests }) => Object.keys(requests)))].sort();
  return {
    size,
    moments: (Object.keys(moments) as (keyof typeof moments)[]).map((moment) => ({
      words: moments[moment],
      at: summarize(rounds.map(({ up }) => up[moment])),
    })),
    cpu: summarize(rounds.map(({ cpu }) => cpu)),
    comparisons: [
      compare("up / kernel by hand", rounds, ({ up, kernel }) => [up.end, kernel.up]),
      compare("destroy / kernel by hand", rounds, ({ destroy, kernel }) => [destroy, kernel.destroy]),
    ],
    requests: Object.fromEntries(
      kinds.map((kind) => [kind, summarize(rounds.map(({ requests }) => (requests[kind] ?? 0) / size)).p50]),
    ),
  };
}

/** The kinds of requests of which there was at least one for a hundred Vnics, and their number for each Vnic. */
export function setsRequests(requests: SetsSummary["requests"]): [kind: string, number: string][] {
  return Object.entries(requests)
    .filter(([, number]) => number >= 0.01)
    .map(([kind, number]) => [kind, number.toFixed(2)]);
}

function compare(
  words: string,
  rounds: readonly SetsRound[],
  pair: (round: SetsRound) => readonly [measured: number, control: number],
): string[] {
  const p50 = (value: (round: SetsRound) => number) => summarize(rounds.map(value)).p50;
  const ratio = p50((round) => pair(round)[0] / pair(round)[1]);
  return [
    words,
    shown(p50((round) => pair(round)[0])),
    shown(p50((round) => pair(round)[1])),
    `${ratio.toFixed(2)} ×`,
    `≤ ${target} ×`,
  ];
}

export function printSets(rounds: readonly SetsRound[]): void {
  const { size, moments: reached, cpu, comparisons, requests } = summarizeSets(rounds);
  console.log(`\n${size} Vnics of VnicSets: when an up had what, milliseconds since its start\n`);
  printTable(
    ["moment", "n", "p50", "p95"],
    [
      ...reached.map(({ words, at: { n, p50, p95 } }) => [words, String(n), shown(p50), shown(p95)]),
      ["CPU of the whole machine", String(cpu.n), shown(cpu.p50), shown(cpu.p95)],
    ],
  );
  console.log("\nrequests for each Vnic, of all programs, p50\n");
  printTable(["request", "number"], setsRequests(requests));
  console.log("");
  printTable(["compared, p50", "ms", "control", "ratio", "target"], comparisons);
}
