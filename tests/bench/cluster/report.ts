import { summarize } from "../statistics.ts";
import { printTable } from "../table.ts";
import type { AuditSummary } from "./audit.ts";
import type { Delays } from "./node-work.ts";
import type { Followed } from "./restarts.ts";
import type { ClusterSizes } from "./sizes.ts";
import type { Usage } from "./usage.ts";

export interface ClusterFigures {
  readonly sizes: ClusterSizes;
  readonly delays: Delays;
  readonly start: { readonly milliseconds: number; readonly usage: Usage; readonly requests: AuditSummary };
  /** The time from one look at all Vnics to the next, with one such look in it. */
  readonly cycle: {
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly usage: Usage;
    readonly requests: AuditSummary;
  };
  readonly restart: Followed & {
    readonly pods: number;
    /** The time in which as many pods without a Vnic were restarted. */
    readonly controlMilliseconds: number;
    readonly cpuSeconds: number;
    readonly requests: AuditSummary;
  };
  readonly refused: Followed & { readonly pods: number; readonly requests: AuditSummary };
  readonly ended: Usage;
  /** How often the process ended by itself. */
  readonly restarts: number;
  readonly mostSessions: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly load: readonly number[];
}

/** What a large cluster needs. */
const targets = { residentMegabytes: 200, startSeconds: 60, cpuPercent: 5, vnicsPerSecond: 100 };

/** The figures with their targets. */
export function rowsOf(figures: ClusterFigures): string[][] {
  const { start, cycle, restart, refused, ended, mostSessions } = figures;
  const lists = [start, cycle, restart, refused].flatMap(({ requests }) => requests.unlimited);
  const perSecond = restart.pods / (restart.milliseconds / 1000);
  const percent = (100 * cycle.cpuSeconds) / cycle.seconds;
  const { p50, p95, n } = summarize(restart.delays);
  return [
    ["resident memory after the start, MB", start.usage.residentMegabytes.toFixed(0), `≤ ${targets.residentMegabytes}`],
    ["resident memory at the end, MB", ended.residentMegabytes.toFixed(0), `≤ ${targets.residentMegabytes}`],
    ["largest resident memory, MB", ended.peakMegabytes.toFixed(0), ""],
    ["start until it watches everything, s", (start.milliseconds / 1000).toFixed(1), `≤ ${targets.startSeconds}`],
    ["CPU without changes to Vnics, % of a core", percent.toFixed(1), `≤ ${targets.cpuPercent}`],
    ["rolling restart, Vnics/s", perSecond.toFixed(1), `≥ ${targets.vnicsPerSecond}`],
    [
      "… pods without Vnics, restarted as fast, pods/s",
      (restart.pods / (restart.controlMilliseconds / 1000)).toFixed(1),
      "",
    ],
    ["… time / that of pods without Vnics", (restart.milliseconds / restart.controlMilliseconds).toFixed(2), ""],
    [`… from pod to NIC, n ${n}, p50 / p95, s`, `${(p50 / 1000).toFixed(2)} / ${(p95 / 1000).toFixed(2)}`, ""],
    ["… requests for each Vnic", (restart.requests.requests / restart.pods).toFixed(1), ""],
    ["… CPU for each Vnic, ms", ((1000 * restart.cpuSeconds) / restart.pods).toFixed(1), ""],
    ["… Vnics that didn't follow", String(restart.lost.length), "0"],
    [
      "requests refused by 429, of all with few seats",
      `${refused.requests.refused} of ${refused.requests.requests}`,
      "",
    ],
    ["… Vnics that didn't follow", String(refused.lost.length), "0"],
    ["lists without a limit", lists.length === 0 ? "0" : [...new Set(lists)].join(", "), "0"],
    ["ends of the process by itself", String(figures.restarts), "0"],
    ["sessions open at once", String(mostSessions), ""],
  ];
}

export function printCluster(figures: ClusterFigures): void {
  const { requests } = figures.restart;
  console.log(`\n${JSON.stringify(figures.sizes)}\n`);
  printTable(["reconciler, cluster simulated", "measured", "target"], rowsOf(figures));
  console.log("\nrequests of the rolling restart, by kind\n");
  printTable(
    ["kind", "number", "for each Vnic"],
    Object.entries(requests.kinds)
      .sort(([, one], [, other]) => other - one)
      .map(([kind, count]) => [kind, String(count), (count / figures.restart.pods).toFixed(2)]),
  );
  const errors = Object.entries(figures.errors);
  if (errors.length > 0)
    console.log(`\nerrors in the reconciler's log: ${JSON.stringify(figures.errors, undefined, 2)}`);
}

/** The figures without the single samples. */
export function summaryOf({ restart, refused, ...figures }: ClusterFigures): object {
  const short = ({ delays, ...one }: Followed) => ({ ...one, delays: summarize(delays) });
  return {
    rows: rowsOf({ restart, refused, ...figures }),
    ...figures,
    restart: short(restart),
    refused: short(refused),
  };
}
