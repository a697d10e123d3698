import { familyOf } from "../../base/address.ts";
import * as z from "zod";
import { isList, maxItems } from "../schema/bounds.ts";
import { type Canonical, shapeOf } from "../schema/field.ts";
import { omitUndefined, unknownValue, wording } from "../schema/known.ts";
import { type Problem, problemsOf } from "../schema/problem.ts";
import { gatewayProblems } from "../schema/route-fields.ts";
import { networkFields, networkResourceFields } from "./fields.ts";
import { vlanProblem } from "./mode.ts";
import { placementProblems } from "./placement.ts";

/** The schemas of {@link networkFields}. */
export const networkShape = shapeOf(networkFields);

/** An external network, defined once for all its Vnics. */
export type NetworkFields = Canonical<z.output<z.ZodObject<typeof networkShape>>>;

const definition = z.strictObject(shapeOf(networkResourceFields));

/** The fields and the name, as `check` returns them. */
export type NetworkDefinition = Canonical<z.output<typeof definition>>;

/** Validates the user's inputs: returns the canonical definition, or all problems at once. Does no I/O. */
export function parseNetwork(inputs: unknown): { definition: NetworkDefinition } | { problems: Problem[] } {
  const parsed = definition.safeParse(inputs, { error: wording });
  const problems = [
    ...(parsed.error?.issues.flatMap((issue) => problemsOf(issue, "a Network")) ?? []),
    ...crossFieldProblems((inputs ?? {}) as Readonly<Record<string, unknown>>),
  ];
  return parsed.success && problems.length === 0 ? { definition: omitUndefined(parsed.data) } : { problems };
}

function crossFieldProblems(given: Readonly<Record<string, unknown>>) {
  const { mode = "macvlan", parent, parents, vlan, ranges, placement, gateways } = given;
  const problems: Problem[] = gatewayProblems(gateways);
  if (parent === undefined && (parents === undefined || (Array.isArray(parents) && parents.length === 0)))
    problems.push({ property: "parent", reason: `is missing; give it, or "parents" for nodes by their labels` });
  const reason = vlanProblem(mode, vlan);
  if (reason !== undefined) problems.push({ property: "vlan", reason });
  problems.push(...placementProblems(mode, placement));
  if (!isList(ranges, maxItems.ranges)) return problems;
  const families = ranges.map((range) => {
    const cidr = (range as { cidr?: unknown } | null)?.cidr;
    return typeof cidr === "string" && cidr !== unknownValue ? familyOf(cidr) : undefined;
  });
  families.forEach((family, index) => {
    const first = families.indexOf(family);
    if (family !== undefined && first < index)
      problems.push({
        property: `ranges[${index}]`,
        reason: `is of the same family as ranges[${first}]; give at most one range of IPv4 and one of IPv6`,
      });
  });
  return problems;
}
