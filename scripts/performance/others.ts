import { type BurstRow, series as burstSeries } from "../../tests/bench/burst-report.ts";
import { setsRequests, type SetsSummary } from "../../tests/bench/sets-report.ts";
import { series as attachSeries } from "../../tests/bench/attach-report.ts";
import { healParts, healRequests, type HealRound } from "../../tests/bench/heal-report.ts";
import type { Summary } from "../../tests/bench/statistics.ts";
import { seconds, table } from "./markdown.ts";

/** The kept results of `npm run bench -- profile`. */
export interface ProfileResults {
  readonly operations: readonly string[];
  readonly stages: readonly (readonly string[])[];
  readonly calls: readonly (readonly string[])[];
  readonly comparisons: readonly (readonly string[])[];
}

/** The kept results of `npm run bench -- burst`. */
export interface BurstResults {
  readonly summary: readonly BurstRow[];
}

/** The kept results of `npm run bench -- sets`. */
export interface SetsResults {
  readonly sets: number;
  readonly summary: SetsSummary;
}

/** The kept results of `npm run bench -- heal`. */
export interface HealResults {
  readonly count: number;
  readonly rounds: readonly HealRound[];
}

/** The kept results of `npm run bench -- attach`. */
export interface AttachResults {
  readonly stages: Readonly<Record<string, Readonly<Record<string, Summary>>>>;
  readonly comparisons: readonly (readonly string[])[];
}

/** The kept results of `npm run bench -- cluster`. */
export interface ClusterResults {
  readonly rows: readonly (readonly string[])[];
  readonly restart: {
    readonly pods: number;
    readonly requests: { readonly kinds: Readonly<Record<string, number>> };
  };
}

/** One Vnic and fifty, in stages, and compared with their controls. */
export function profileTables({ operations: shown, stages: rows, calls, comparisons }: ProfileResults): string {
  return [
    "### One Vnic, and fifty",
    "p50, milliseconds:",
    table(["Stage", ...shown], rows),
    "The number of requests, and the sum of their times in milliseconds:",
    table(["Request", ...shown], calls),
    table(["Compared", "ms", "Control", "Ratio"], comparisons),
  ].join("\n\n");
}

/** Many Vnics at once on one node. */
export function burstTable({ summary }: BurstResults): string {
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

/** One `up` of VnicSets. */
export function setsTables({ sets, summary: { size, moments, cpu, comparisons, requests } }: SetsResults): string {
  return [
    "### VnicSets",
    table(
      [`\`up\` of ${sets} VnicSets with ${size} Vnics`, "p50"],
      [
        ...moments.map(({ words, at }) => [words, seconds(at.p50)]),
        ["CPU of the whole machine in that time", seconds(cpu.p50)],
      ],
    ),
    table(["Compared by p50", "ms", "Control", "Ratio", "Target"], comparisons),
    table(
      ["Requests of the `up`, of all programs", "for each Vnic"],
      setsRequests(requests).map(([kind, number]) => [`\`${kind}\``, number]),
    ),
  ].join("\n\n");
}

/** The return of a node, and the requests for it. */
export function healTables({ count, rounds }: HealResults): string {
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

/** The attachment of one Vnic, in stages, and compared with its controls. */
export function attachTables({ stages, comparisons }: AttachResults): string {
  const shown = ["cold", "warm", "unprobed", "direct", "leased"] as const;
  const stagesOf = (key: (typeof shown)[number]) => Object.keys(attachSeries[key].stages);
  // A lease has stages of its own before the last two.
  const names = [...new Set([...stagesOf("leased").slice(0, -2), ...stagesOf("cold")])];
  const wordsOf = (stage: string) =>
    shown.map((key) => attachSeries[key].stages[stage]).find((words) => words !== undefined) ?? stage;
  return [
    "### One Vnic, from its plan to the first reply",
    "p50, milliseconds since the start:",
    table(
      ["Stage", ...shown.map((key) => attachSeries[key].words)],
      names
        .filter((stage) => shown.some((key) => stages[key]?.[stage]))
        .map((stage) => [wordsOf(stage), ...shown.map((key) => stages[key]?.[stage]?.p50.toFixed(0) ?? "")]),
    ),
    table(["Compared by p50", "Measured", "Target"], comparisons),
  ].join("\n\n");
}

/** The reconciler of a large cluster, and its requests. */
export function clusterTables({ rows, restart: { pods, requests } }: ClusterResults): string {
  const kinds = Object.entries(requests.kinds).sort(([, one], [, other]) => other - one);
  return [
    "### A large cluster",
    table(["Reconciler, cluster simulated", "Measured", "Target"], rows),
    table(
      ["Requests of the rolling restart", "for each Vnic"],
      kinds.map(([kind, count]) => [`\`${kind}\``, (count / pods).toFixed(2)]),
    ),
  ].join("\n\n");
}
