import { kindOf } from "../support/request-kinds.ts";
import type { Observed } from "./observe.ts";

/** The first line of a session is shorter, and any plan is longer. */
const leastPlanBytes = 100;

/** The stages of an operation in their order, with their descriptions. */
export const stages = {
  start: "until the first request: engine, language host, program, provider",
  record: "until a session is asked for: pods read, records read or written",
  session: "first session started",
  work: "until the last request: all others, node programs, kernel, checkpoints",
  last: "last request",
  end: "until the end: engine, checkpoint",
};

export type Stage = keyof typeof stages;

/** The duration of each stage in milliseconds; only those that the operation had. */
export function stagesOf({ beganAt, endedAt, exchanges, sent }: Omit<Observed, "cpu">): Partial<Record<Stage, number>> {
  const last = exchanges.toSorted((one, other) => other.endedAt - one.endedAt)[0];
  if (!last) return { start: endedAt - beganAt };
  const first = Math.min(...exchanges.map((one) => one.beganAt));
  const ends = { last: last.endedAt - last.beganAt, end: endedAt - last.endedAt };
  const plan = sent.find(({ bytes }) => bytes >= leastPlanBytes)?.at;
  // Nothing was asked of a node.
  if (plan === undefined) return { start: first - beganAt, record: last.beganAt - first, ...ends };
  const job = exchanges.find(({ request }) => kindOf(request) === "POST jobs")?.beganAt;
  return {
    start: first - beganAt,
    record: (job ?? plan) - first,
    ...(job === undefined ? {} : { session: plan - job }),
    work: last.beganAt - plan,
    ...ends,
  };
}

/** The requests of each kind: their number, and the sum of their times in milliseconds. */
export function callsOf({
  exchanges,
}: Pick<Observed, "exchanges">): Record<string, { readonly count: number; readonly busy: number }> {
  const groups = Map.groupBy(exchanges, ({ request }) => kindOf(request));
  return Object.fromEntries(
    [...groups].map(([kind, its]) => {
      const busy = its.reduce((sum, one) => sum + one.endedAt - one.beganAt, 0);
      return [kind, { count: its.length, busy }];
    }),
  );
}
