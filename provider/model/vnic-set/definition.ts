import { familyOf } from "../../base/address.ts";
import * as z from "zod";
import { type Definition, parseDefinition } from "../vnic/definition.ts";
import { type Canonical, pick, shapeOf } from "../schema/field.ts";
import { list, maxItems } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { unknownValue, wording } from "../schema/known.ts";
import { deriveInterfaceName } from "../names.ts";
import { type Problem, problemsOf } from "../schema/problem.ts";
import { addressAt, addressRange, freeSpans } from "../schema/range.ts";
import { perSet, perVnic, setFields } from "./fields.ts";

/** The workload whose pods are selected. */
export type Workload = Exclude<SetDefinition["workload"], undefined>;

/**
 * A {@link Definition} without the fields that differ between the Vnics of a set, and without those for Pulumi only.
 */
export type Template = Omit<Definition, (typeof perVnic)[number] | (typeof perSet)[number]>;

const definition = z.strictObject(shapeOf(setFields));

/** The definition of a VnicSet, as `check` returns it. */
export interface SetDefinition extends Canonical<Omit<z.output<typeof definition>, "template">> {
  readonly template: Template;
}

/** Validates the user's inputs: returns the canonical definition, or all problems at once. Does no I/O. */
export function parseSetDefinition(inputs: unknown): { definition: SetDefinition } | { problems: Problem[] } {
  const parsed = definition.safeParse(inputs, { error: wording });
  const own = [
    ...(parsed.error?.issues.flatMap((issue) => problemsOf(issue, "a VnicSet")) ?? []),
    ...crossFieldProblems(inputs),
  ];
  const template = parseTemplate(inputs);
  const problems = [...own, ...("problems" in template ? template.problems : [])];
  if (!parsed.success || problems.length > 0 || "problems" in template) return { problems };
  const { template: _, ...rest } = parsed.data;
  const entries = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    definition: { ...(Object.fromEntries(entries) as unknown as Omit<SetDefinition, "template">), ...template },
  };
}

/** Why a field of a Vnic can't be in a template. */
const misplacements = new Map<string, string>([
  ...perVnic.map((key) => [key, "is each Vnic's own; remove it"] as const),
  ...perSet.map((key) => [key, "belongs to the set itself; remove it"] as const),
]);

/** Validates a template by parsing a Vnic made from it, with placeholders for name and addresses. */
function parseTemplate(inputs: unknown): { template: Template } | { problems: Problem[] } {
  const { name, namespace = "default", template, addresses } = (inputs ?? {}) as Record<string, unknown>;
  if (template === unknownValue) return { template: template as unknown as Template };
  // The schema reports it.
  if (typeof template !== "object" || template === null || Array.isArray(template)) return { problems: [] };
  const set = { namespace: String(namespace), name: String(name) };
  const isNamed = ![namespace, name].includes(unknownValue);
  const fields = { interfaceName: isNamed ? deriveInterfaceName(set) : unknownValue, ...template };
  const misplaced = Object.keys(template).filter((key) => misplacements.has(key));
  const tried = parseDefinition({
    ...without(fields, misplaced),
    name: "any",
    // A network may be restricted to some namespaces.
    pod: { namespace: field.labelName.safeParse(namespace).success ? namespace : "default", name: "any" },
    ...sampleAddresses(addresses, template),
  });
  const problems = misplaced.map((key) => ({ property: `template.${key}`, reason: misplacements.get(key) ?? "" }));
  if ("definition" in tried && problems.length === 0) return { template: pick(fields, tried.definition) as Template };
  const found = "problems" in tried ? tried.problems : [];
  return {
    problems: [
      ...problems,
      ...found.map(({ property, reason }) => ({
        property: property.startsWith("addresses") ? property : `template.${property}`,
        reason,
      })),
    ],
  };
}

/**
 * The first address of each range; none if the ranges come from the Network, if DHCP is used, or if a range is
 * invalid.
 */
function sampleAddresses(addresses: unknown, template: object): { addresses?: unknown } {
  if (addresses === unknownValue) return { addresses };
  const { network } = template as { network?: unknown };
  const isNamed = typeof network === "string" || (typeof network === "object" && network !== null && "name" in network);
  if (addresses === undefined && isNamed) return { addresses: unknownValue };
  const parsed = list(addressRange, maxItems.ranges).safeParse(addresses);
  if (!parsed.success || parsed.data.length === 0) return addresses === undefined ? {} : { addresses: unknownValue };
  if (JSON.stringify(parsed.data).includes(unknownValue)) return { addresses: unknownValue };
  return { addresses: parsed.data.map((range) => addressAt(range, freeSpans(range), 0n)) };
}

function crossFieldProblems(inputs: unknown): Problem[] {
  const { selector, workload, addresses } = (inputs ?? {}) as Record<string, unknown>;
  const problems: Problem[] = [];
  if (selector === undefined && workload === undefined)
    problems.push({ property: "selector", reason: `is missing; give the pods' labels, or name their workload` });
  // If both are given, an unknown one may turn out to be absent.
  if (selector !== undefined && workload !== undefined && ![selector, workload].includes(unknownValue))
    problems.push({ property: "workload", reason: "can't be given beside selector; remove one of the two" });
  const ranges = list(addressRange, maxItems.ranges).safeParse(addresses).data ?? [];
  ranges.forEach((range, index) => {
    const other = ranges.findIndex((one) => one.cidr !== unknownValue && familyOf(one.cidr) === familyOf(range.cidr));
    if (range.cidr !== unknownValue && other < index)
      problems.push({
        property: `addresses[${index}]`,
        reason: `is of the same family as addresses[${other}]; give at most one range of IPv4 and one of IPv6`,
      });
  });
  return problems;
}

function without(fields: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}
