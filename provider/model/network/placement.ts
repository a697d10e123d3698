import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { unknownValue } from "../schema/known.ts";
import type { Problem } from "../schema/problem.ts";
import { admitted } from "../schema/rule.ts";

/*
 * How a new link gets into the pod's network namespace. It says nothing about the finished NIC, which is the same
 * either way.
 */

/** `moved`: made in the node's network namespace, then moved. `direct`: made in the pod's. */
const placements = ["moved", "direct"] as const;
export type LinkPlacement = (typeof placements)[number];

const placementRule = {
  words: `is not a placement; use "moved" to make the link on the node and then move it, or "direct" to make it in the pod`,
  cel: "self in ['moved', 'direct']",
};

/** A {@link LinkPlacement}, as users give it. */
export const placement = z
  .enum(placements, { error: ({ input }) => `${quote(input)} ${placementRule.words}` })
  .meta(admitted(63, [placementRule]));

const impossible = `"direct" can't be used with mode "host-device", whose device exists already and can only be moved; use "moved"`;

/** The problem with a placement for that mode, if there is one. An unknown value may turn out to be possible. */
export function placementProblems(mode: unknown, given: unknown): Problem[] {
  if ([mode, given].includes(unknownValue) || given !== "direct" || mode !== "host-device") return [];
  return [{ property: "placement", reason: impossible }];
}

/** {@link impossible} as a text in CEL. */
export const placementWordsInCel = impossible.replaceAll("'", "\\'");

/**
 * {@link placementProblems} in CEL; `spec` is an expression of what has the placement, and `mode` one of an optional
 * mode, such as `self.?mode`.
 */
export function placementInCel(spec: string, mode: string): string {
  return `${spec}.?placement.orValue('moved') != 'direct' || ${mode}.orValue('macvlan') != 'host-device'`;
}

/** {@link placementInCel} as a validation of a spec in a CRD. */
export function placementRuleOf(mode: string) {
  return { rule: placementInCel("self", mode), message: `placement: ${impossible}` };
}
