import type { Laps } from "./stopwatch.ts";
import { type Summary, summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

/**
 * The measurements of one round: two for the cluster alone, two for the kernel alone, and those of the product with a
 * new and with an open session.
 */
export interface Round {
  readonly emptyJob: Laps;
  readonly emptyJobMounted: Laps;
  readonly kernelWork: Laps;
  /** The kernel's own work for a link that is made in the pod (placement `direct`). */
  readonly directKernelWork: Laps;
  readonly cold: Laps;
  readonly warm: Laps;
  /**
   * An open session, without duplicate address detection. It is comparable with the kernel's own work, which has no
   * probes either.
   */
  readonly unprobed: Laps;
  /** An open session, without duplicate address detection, for a link that is made in the pod. */
  readonly direct: Laps;
  /** An open session, with an address from DHCP. The address isn't known in advance, so there is no first reply. */
  readonly leased: Laps;
}

const injectStages = {
  observed: "pod and holders read",
  record: "record applied",
  jobCreated: "Job created",
  attached: "attachment open",
  sessionAnswers: "session answers",
  planSent: "plan sent to the node",
  planned: "sandbox found, links read",
  linkMade: "link made",
  moved: "link in the pod",
  up: "link up",
  reply: "first external reply",
  result: "result line arrived",
  returned: "create returned",
};

const { reply: _, result, returned, ...toTheLink } = injectStages;
const leaseStages = {
  ...toTheLink,
  configured: "link configured",
  leased: "lease acquired, address set",
  result,
  returned,
};

/** The stages of each series in order, with their descriptions. */
export const series: Readonly<
  Record<keyof Round, { readonly words: string; readonly stages: Readonly<Record<string, string>> }>
> = {
  emptyJob: { words: "empty Job", stages: { created: "POST returned", firstLine: "first log line" } },
  emptyJobMounted: {
    words: "empty Job, the session's mounts",
    stages: { created: "POST returned", firstLine: "first log line" },
  },
  kernelWork: {
    words: "kernel work by hand",
    stages: { created: "link made", moved: "link moved", configured: "script's end", reply: "first external reply" },
  },
  directKernelWork: {
    words: "kernel work by hand, direct",
    stages: { created: "link made in the pod", configured: "script's end", reply: "first external reply" },
  },
  cold: { words: "cold: new session", stages: injectStages },
  warm: { words: "warm: session open", stages: injectStages },
  unprobed: { words: "warm, no duplicate address detection", stages: injectStages },
  direct: { words: "warm, no duplicate address detection, direct", stages: injectStages },
  leased: { words: "warm, by DHCP", stages: leaseStages },
};

type Summaries = Record<string, Record<string, Summary>>;

/** Prints the results of the rounds, and returns them. */
export function printAttach(rounds: readonly Round[]): object {
  const summaries: Summaries = {};
  const rows: string[][] = [];
  for (const [key, { words, stages }] of Object.entries(series)) {
    const laps = rounds.map((round) => round[key as keyof Round]);
    let before: string | undefined;
    for (const [stage, stageWords] of Object.entries(stages)) {
      const samples = laps.map((lap) => lap[stage]).filter((lap) => lap !== undefined);
      if (samples.length === 0) continue;
      const summary = summarize(samples);
      (summaries[key] ??= {})[stage] = summary;
      const { n, p50, p95, min, max } = summary;
      const own = summarize(laps.map((lap) => (lap[stage] ?? NaN) - (before === undefined ? 0 : (lap[before] ?? NaN))));
      rows.push([`${words}: ${stageWords}`, String(n), ...[p50, p95, min, max, own.p50].map(shown)]);
      before = stage;
    }
  }
  console.log(
    "all in milliseconds from the start of each series, p50 and p95 by nearest rank; own: p50 of the time since the stage before\n",
  );
  printTable(["stage", "n", "p50", "p95", "min", "max", "own"], rows);

  const lines = comparisons(rounds, summaries);
  console.log("");
  printTable(["compared by p50", "measured", "target"], lines);
  console.log(
    "\nAny volume costs an empty Job up to 300 ms: the kubelet looks for mounted volumes only that often. The session\n" +
      "needs its hostPaths, so the Job with the session's mounts is its like, and the bare one is what a Job can be at best.",
  );
  return { stages: summaries, comparisons: lines };
}

function comparisons(rounds: readonly Round[], summaries: Summaries): string[][] {
  const p50 = (key: keyof Round, stage: string) => summaries[key]?.[stage]?.p50 ?? NaN;
  const ratio = (one: number, other: number) => `${(one / other).toFixed(2)} ×`;
  const afterReply = (key: "cold" | "warm" | "unprobed") =>
    summarize(rounds.map((round) => (round[key]["returned"] ?? NaN) - (round[key]["reply"] ?? NaN))).p50;
  const cold = p50("cold", "reply");
  const kernelWork = p50("kernelWork", "reply");
  const warm = p50("warm", "reply");
  const unprobed = p50("unprobed", "reply");
  const direct = p50("direct", "reply");
  const directKernelWork = p50("directKernelWork", "reply");
  const dora = `${shown(p50("leased", "leased") - p50("leased", "configured"))} ms`;
  return [
    ["cold reply / empty Job, the session's mounts", ratio(cold, p50("emptyJobMounted", "firstLine")), "≤ 1.3 ×"],
    ["cold reply / empty Job", ratio(cold, p50("emptyJob", "firstLine")), ""],
    ["warm reply, no duplicate address detection / kernel work", ratio(unprobed, kernelWork), "≤ 1.3 ×"],
    ["… link made in the pod / kernel work, link moved, as a standing daemon does", ratio(direct, kernelWork), "< 1 ×"],
    ["… link made in the pod / kernel work alike", ratio(direct, directKernelWork), ""],
    ["… link made in the pod / moved", ratio(direct, unprobed), ""],
    ["kernel work, link made in the pod / moved", ratio(directKernelWork, kernelWork), ""],
    ["warm reply / kernel work, which asks nobody who has the address", ratio(warm, kernelWork), ""],
    ["duplicate address detection: warm reply with it − without it", `${shown(warm - unprobed)} ms`, "≤ 80 ms"],
    ["DHCP: from the link configured to the address set, beside a server that probes for 50 ms", dora, ""],
    ["cold: create returned after the reply", `${shown(afterReply("cold"))} ms`, "≤ 30 ms"],
    ["warm: create returned after the reply", `${shown(afterReply("warm"))} ms`, "≤ 30 ms"],
  ];
}
