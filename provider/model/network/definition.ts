import * as z from "zod";
import { isList, list, longest, most, text } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { known, present, unknownValue, wording } from "../schema/known.ts";
import { type Problem, problemsOf } from "../schema/problem.ts";
import { type AddressRange, addressRange } from "../schema/range.ts";
import { host } from "../schema/route-fields.ts";
import { type Mode, mode, vlanProblem } from "./mode.ts";

/** The parent on the nodes that bear all these labels. */
export interface NodeParent {
  readonly nodes: Readonly<Record<string, string>>;
  readonly parent: string;
}

/** What an external network is, said once for all its Vnics. */
export interface NetworkFields {
  readonly mode: Mode;
  /** On nodes that none of `parents` is for. */
  readonly parent?: string;
  /** The first one whose labels a node bears is that node's. */
  readonly parents?: readonly NodeParent[];
  readonly vlan?: number;
  /** In bytes, of Vnics that ask for none. */
  readonly mtu?: number;
  /** Gateways of Vnics that name none. */
  readonly gateways?: readonly string[];
  /** Addresses that Vnics may have; any when absent. What a range excludes nobody may have. */
  readonly ranges?: readonly AddressRange[];
  /** Whose Vnics may be on it; those of all namespaces when absent. */
  readonly namespaces?: readonly string[];
  /** Whether a Vnic may be given an address outside of the ranges, too. */
  readonly freeAddresses?: boolean;
  /** What the MAC of a Vnic may begin with when it isn't the derived one: whole octets. */
  readonly macPrefixes?: readonly string[];
  /** Whether a Vnic may be given any MAC. */
  readonly freeMacs?: boolean;
  /** Whether a Vnic may switch duplicate address detection off. */
  readonly allowUnprobed?: boolean;
  /** How many Vnics one namespace may have on it; any number when absent. */
  readonly vnicsPerNamespace?: number;
}

/** The fields with a name, as `check` returns them. */
export interface NetworkDefinition extends NetworkFields {
  readonly name: string;
  /** The Pulumi URN; absent for a record made otherwise. */
  readonly declaredBy?: string;
}

const nodeParent = z.strictObject({ nodes: known(field.labels), parent: known(field.parent) });

export const networkFields = {
  mode: known(mode).default("macvlan"),
  parent: known(field.parent).optional(),
  parents: known(list(known(nodeParent), most.parents)).optional(),
  vlan: known(field.vlan).optional(),
  mtu: known(field.mtu).optional(),
  gateways: known(list(known(host), most.gateways)).optional(),
  ranges: known(list(known(addressRange), most.ranges)).optional(),
  namespaces: known(list(known(field.labelName), most.namespaces)).optional(),
  freeAddresses: known(z.boolean()).optional(),
  macPrefixes: known(list(known(field.macPrefix), most.macPrefixes)).optional(),
  freeMacs: known(z.boolean()).optional(),
  allowUnprobed: known(z.boolean()).optional(),
  vnicsPerNamespace: known(field.vnicCount).optional(),
};

const definition = z.strictObject({
  name: known(field.labelName),
  ...networkFields,
  declaredBy: text(longest.owner, "an owner's name").optional(),
});

/** Validates what the user wrote: the canonical definition, or all problems at once. Does no I/O. */
export function parseNetwork(inputs: unknown): { definition: NetworkDefinition } | { problems: Problem[] } {
  const parsed = definition.safeParse(inputs, { error: wording });
  const problems = [
    ...(parsed.error?.issues.flatMap((issue) => problemsOf(issue, "a Network")) ?? []),
    ...crossFieldProblems((inputs ?? {}) as Readonly<Record<string, unknown>>),
  ];
  return parsed.success && problems.length === 0 ? { definition: present(parsed.data) } : { problems };
}

function crossFieldProblems({ mode = "macvlan", parent, parents, vlan, ranges }: Readonly<Record<string, unknown>>) {
  const problems: Problem[] = [];
  if (parent === undefined && (parents === undefined || (Array.isArray(parents) && parents.length === 0)))
    problems.push({ property: "parent", reason: `is missing; give it, or "parents" for nodes by their labels` });
  const reason = vlanProblem(mode, vlan);
  if (reason !== undefined) problems.push({ property: "vlan", reason });
  if (!isList(ranges, most.ranges)) return problems;
  const families = ranges.map((range) => {
    const cidr = (range as { cidr?: unknown } | null)?.cidr;
    return typeof cidr === "string" && cidr !== unknownValue ? cidr.includes(":") : undefined;
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
