import * as z from "zod";
import { deadlines, type Definition, parseDefinition } from "../vnic/definition.ts";
import { list, longest, most, text } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { known, unknownValue, wording } from "../schema/known.ts";
import { deriveInterfaceName } from "../names.ts";
import { type Problem, problemsOf } from "../schema/problem.ts";
import { addressAt, addressRange, type AddressRange, freeSpans } from "../schema/range.ts";
import { quote } from "../../base/quote.ts";

export const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet"] as const;

/** An application as a whole: all pods of it. */
export interface Workload {
  readonly kind: (typeof workloadKinds)[number];
  readonly name: string;
}

/** A {@link Definition} without what each Vnic of a set has for itself, or what concerns Pulumi alone. */
export type Template = Omit<Definition, "name" | "pod" | "addresses" | "mac" | "adopt" | "deadlines" | "declaredBy">;

/** The definition data of a VnicSet, as `check` leaves it. */
export interface SetDefinition {
  /** Name of the record. */
  readonly name: string;
  /** Namespace of the record, the pods and their Vnics. */
  readonly namespace: string;
  /** The labels of the pods; or else there is a workload. */
  readonly selector?: Readonly<Record<string, string>>;
  readonly workload?: Workload;
  readonly template: Template;
  /** Each pod gets one address of each. When absent, the Network's range, or DHCP. */
  readonly addresses?: readonly AddressRange[];
  /** Labels of the record, beside our own. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly deadlines: Definition["deadlines"];
  /** The Pulumi URN; absent for a record made otherwise. */
  readonly declaredBy?: string;
}

/** Its Vnics' names are longer by "-" and ten digits. */
const setName = field.labelName.max(52, {
  error: ({ input }) => `${quote(input)} is longer than the 52 characters of a VnicSet's name`,
});

export const workload = z.strictObject({
  kind: known(
    z.enum(workloadKinds, {
      error: ({ input }) => `${quote(input)} is not a kind of workload; use ${workloadKinds.join(", ")}`,
    }),
  ),
  name: known(field.objectName),
});

const selector = field.labels.refine((labels) => Object.keys(labels).length > 0, {
  error: `is empty, which would mean every pod of the namespace; give at least one label, like { app: "db" }`,
});

const definition = z.strictObject({
  name: known(setName),
  namespace: known(field.labelName).default("default"),
  selector: known(selector).optional(),
  workload: known(workload).optional(),
  template: known(z.record(z.string(), z.unknown())),
  addresses: known(
    list(known(addressRange), most.ranges).refine((ranges) => ranges.length > 0, {
      error: "is empty; give a range, or leave it out",
    }),
  ).optional(),
  labels: known(field.labels).optional(),
  deadlines: known(deadlines).prefault({}),
  declaredBy: text(longest.owner, "an owner's name").optional(),
});

/** Validates what the user wrote: the canonical definition, or all problems at once. Does no I/O. */
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

const perVnic = ["name", "pod", "addresses", "mac"];
const forPulumi = ["adopt", "deadlines", "declaredBy"];

/** A template is right if a Vnic made from it is: it is tried with names and addresses that stand for any. */
function parseTemplate(inputs: unknown): { template: Template } | { problems: Problem[] } {
  const { name, namespace = "default", template, addresses } = (inputs ?? {}) as Record<string, unknown>;
  if (template === unknownValue) return { template: template as unknown as Template };
  // Reported by the schema.
  if (typeof template !== "object" || template === null || Array.isArray(template)) return { problems: [] };
  const set = { namespace: String(namespace), name: String(name) };
  const isNamed = ![namespace, name].includes(unknownValue);
  const fields = { interfaceName: isNamed ? deriveInterfaceName(set) : unknownValue, ...template };
  const misplaced = Object.keys(template).filter((key) => [...perVnic, ...forPulumi].includes(key));
  const tried = parseDefinition({
    ...without(fields, misplaced),
    name: "any",
    // A network may be for some namespaces only.
    pod: { namespace: field.labelName.safeParse(namespace).success ? namespace : "default", name: "any" },
    ...sampleAddresses(addresses, template),
  });
  const problems = misplaced.map((key) => ({
    property: `template.${key}`,
    reason: perVnic.includes(key) ? "is each Vnic's own; remove it" : "belongs to the set itself; remove it",
  }));
  if ("definition" in tried && problems.length === 0)
    return { template: pick(tried.definition, Object.keys(fields)) as unknown as Template };
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

/** The first address of each range; none when that is left to the Network or to DHCP, or isn't right yet. */
function sampleAddresses(addresses: unknown, template: object): { addresses?: unknown } {
  if (addresses === unknownValue) return { addresses };
  const { network } = template as { network?: unknown };
  const isNamed = typeof network === "string" || (typeof network === "object" && network !== null && "name" in network);
  if (addresses === undefined && isNamed) return { addresses: unknownValue };
  const parsed = list(addressRange, most.ranges).safeParse(addresses);
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
  const ranges = list(addressRange, most.ranges).safeParse(addresses).data ?? [];
  ranges.forEach((range, index) => {
    const other = ranges.findIndex(
      (one) => one.cidr !== unknownValue && one.cidr.includes(":") === range.cidr.includes(":"),
    );
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

function pick(fields: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => keys.includes(key)));
}
