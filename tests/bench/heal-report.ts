import { type Summary, summarize } from "./statistics.ts";

/** One return of a node. Times are milliseconds. */
export interface HealRound {
  /** From the node's loss of power until the last pod has a new sandbox: the control, as no NIC can be back before. */
  readonly pods: number;
  /** From then until the first Vnic is ready in its pod's new sandbox. */
  readonly first: number;
  /** From the pods' return until the last Vnic is ready. */
  readonly vnics: number;
  /** What all programs of the machine took of its CPUs in that time. */
  readonly cpu: number;
  /** How many requests of each kind the API server has answered in that time, of all programs. */
  readonly requests: Readonly<Record<string, number>>;
  /** As many links made by hand on that node, in the same pods. */
  readonly kernel: number;
}

const parts = {
  pods: "until all pods run again (control)",
  first: "from then until the first Vnic is ready",
  vnics: "from the pods' return until all Vnics are ready",
  cpu: "CPU of the whole machine in that time",
  kernel: "as many links by hand (control)",
} as const;

/** The parts of all rounds in order, in words. */
export function healParts(rounds: readonly HealRound[]): { readonly words: string; readonly times: Summary }[] {
  return (Object.keys(parts) as (keyof typeof parts)[]).map((part) => ({
    words: parts[part],
    times: summarize(rounds.map((round) => round[part])),
  }));
}

/** The p50 of the number of requests of each kind. */
export function healRequests(rounds: readonly HealRound[]): [kind: string, number: string][] {
  const kinds = [...new Set(rounds.flatMap(({ requests }) => Object.keys(requests)))].sort();
  return kinds.map((kind) => [kind, String(summarize(rounds.map(({ requests }) => requests[kind] ?? 0)).p50)]);
}
