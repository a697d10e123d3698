import type { Exchange } from "../support/fault-proxy.ts";
import { kindOf } from "../support/request-kinds.ts";

/** What happened between the start and the end of one operation, by one clock in milliseconds. */
export interface Observed {
  readonly beganAt: number;
  readonly endedAt: number;
  readonly exchanges: readonly Exchange[];
  /** What was sent to the node in sessions. */
  readonly sent: readonly { readonly at: number; readonly bytes: number }[];
}

/** A plan is longer than any other line to the node. */
const leastPlanBytes = 300;

/** The stages of a creation in their order, with their descriptions. */
export const stages = {
  start: "until the first request: engine, language host, program, provider",
  record: "pod read, record written",
  session: "session started",
  node: "node programs and kernel, until the last status is written",
  status: "last status written",
  end: "until the end: engine, checkpoint",
};

export type Stage = keyof typeof stages;

/** The duration of each stage in milliseconds; only those that the operation had. */
export function stagesOf({ beganAt, endedAt, exchanges, sent }: Observed): Partial<Record<Stage, number>> {
  const of = (kind: string) => exchanges.filter(({ request }) => kindOf(request) === kind);
  const first = Math.min(...exchanges.map((one) => one.beganAt));
  const [job] = of("POST jobs").map((one) => one.beganAt);
  const plan = sent.find(({ bytes }) => bytes >= leastPlanBytes)?.at;
  const last = of("PATCH vnics/status").sort((one, other) => other.endedAt - one.endedAt)[0];
  if (plan === undefined || !last) return {};
  return {
    start: first - beganAt,
    record: (job ?? plan) - first,
    ...(job === undefined ? {} : { session: plan - job }),
    node: last.beganAt - plan,
    status: last.endedAt - last.beganAt,
    end: endedAt - last.endedAt,
  };
}

/** The requests of each kind: their number, and the sum of their times in milliseconds. */
export function callsOf({ exchanges }: Observed): Record<string, { readonly count: number; readonly busy: number }> {
  const groups = Map.groupBy(exchanges, ({ request }) => kindOf(request));
  return Object.fromEntries(
    [...groups].map(([kind, its]) => {
      const busy = its.reduce((sum, one) => sum + one.endedAt - one.beganAt, 0);
      return [kind, { count: its.length, busy }];
    }),
  );
}
