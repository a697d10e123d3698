import * as z from "zod";
import { maxLength, text } from "../schema/bounds.ts";
import { descriptions } from "../schema/field.ts";
import * as field from "../schema/fields.ts";
import { compare, type Comparison, known, omitUndefined, unknownValue, wording } from "../schema/known.ts";
import type { Problem } from "../schema/problem.ts";
import { type NetworkFields, networkShape } from "./definition.ts";
import { networkFields } from "./fields.ts";
import { mode, modes, type NodeNetwork, vlanProblem } from "./mode.ts";
import { quote } from "../../base/quote.ts";

/** A reference to a VnicNetwork by name. */
export interface NamedNetwork {
  readonly name: string;
  /**
   * The definition of a Network resource in the same program. With it, a change of the Network is also a change of the
   * Vnic's inputs.
   */
  readonly definition?: NetworkFields;
}

/** A reference to a NetworkAttachmentDefinition: `<name>`, in the pod's namespace, or `<namespace>/<name>`. */
export interface AttachedNetwork {
  readonly networkAttachmentDefinition: string;
}

/** The external network of a Vnic: inline, or a reference. */
export type NetworkReference = NodeNetwork | NamedNetwork | AttachedNetwork;

export function isInline(network: NetworkReference): network is NodeNetwork {
  return "parent" in network;
}

export function isNamed(network: NetworkReference): network is NamedNetwork {
  return "name" in network;
}

/** Whether a reference names the VnicNetwork of that name. */
export function namesNetwork(network: NetworkReference, name: string): boolean {
  return isNamed(network) && network.name === name;
}

const inline = z.strictObject({
  mode: known(mode).default("macvlan"),
  parent: known(field.parent),
  vlan: known(field.vlan).optional(),
});

const named = z.strictObject({
  name: known(field.labelName),
  definition: known(z.strictObject(networkShape)).optional(),
});

const attachmentPattern = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";
const attachmentWords = `is not the name of a NetworkAttachmentDefinition, nor "<namespace>/<name>"`;
const attachment = text(maxLength.attachment, "<namespace>/<name>").regex(new RegExp(attachmentPattern), {
  error: ({ input }) => `${quote(input)} ${attachmentWords}`,
});
const attached = z.strictObject({ networkAttachmentDefinition: known(attachment) });

/** A {@link NetworkReference} in a record's spec, as the API server validates it. */
export const networkReferenceSpec = z
  .object({
    parent: field.parent.optional().register(descriptions, { doc: networkFields.parent.doc }),
    mode: z.enum(modes).optional().register(descriptions, networkFields.mode),
    vlan: field.vlan.optional().register(descriptions, networkFields.vlan),
    name: field.labelName.optional().register(descriptions, {
      doc: "Instead of the parent: the name of a Network",
    }),
    networkAttachmentDefinition: text(maxLength.attachment, "a name").optional().register(descriptions, {
      doc: "Instead of the parent: a NetworkAttachmentDefinition, `<name>` in the pod's namespace or `<namespace>/<name>`",
    }),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "[has(self.name), has(self.networkAttachmentDefinition), has(self.parent)].filter(given, given).size() == 1",
        message: "give one of name, networkAttachmentDefinition and parent",
      },
      {
        rule: `!has(self.networkAttachmentDefinition) || self.networkAttachmentDefinition.matches('${attachmentPattern}')`,
        message: `networkAttachmentDefinition: ${attachmentWords}`,
      },
      {
        rule: "has(self.parent) || !has(self.mode) && !has(self.vlan)",
        message: "mode and vlan go with parent; a VnicNetwork and a NetworkAttachmentDefinition have their own",
      },
    ],
  });

/** A {@link NetworkReference} in the user's inputs; a string is a name. */
export const networkReference = z.unknown().transform((value, context): NetworkReference => {
  const given = typeof value === "string" ? { name: value } : value;
  const keys = Object.keys(given ?? {});
  const schema = keys.includes("name") ? named : keys.includes("networkAttachmentDefinition") ? attached : inline;
  const parsed = schema.safeParse(given, { error: wording });
  if (parsed.success) {
    const network = omitUndefined(parsed.data) as NetworkReference;
    return "definition" in network && network.definition
      ? { ...network, definition: omitUndefined(network.definition) }
      : network;
  }
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
});

/** Rules between the fields of a reference, applied to the raw input. */
export function referenceProblems(network: unknown): Problem[] {
  if (typeof network !== "object" || network === null) return [];
  const { mode: given = "macvlan", vlan } = network as { mode?: unknown; vlan?: unknown };
  const reason = vlanProblem(given, vlan);
  return reason === undefined ? [] : [{ property: "network.vlan", reason }];
}

/** Whether both references lead to the same link; MTU and gateways may differ. */
export function compareLinks(one: NetworkReference, other: NetworkReference): Comparison {
  const here: unknown = one;
  const there: unknown = other;
  if (here === unknownValue || there === unknownValue) return "unknown";
  // Inputs that were edited in state may have a text in its place.
  if (typeof there !== "object" || !isNamed(one) || !isNamed(other)) return compare(one, other);
  // Without a definition, assume that the network of that name hasn't changed.
  if (!one.definition || !other.definition) return compare(one.name, other.name);
  return compare(
    { name: one.name, link: linkOf(one.definition) },
    { name: other.name, link: linkOf(other.definition) },
  );
}

function linkOf(definition: NetworkFields): unknown {
  if ((definition as unknown) === unknownValue) return definition;
  const { mode, parent, parents, vlan } = definition;
  return { mode, parent, parents, vlan };
}

/** A short description of the network. */
export function networkWords(network: Readonly<Record<string, unknown>>): string {
  const word = (key: string) => {
    const value = network[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const name = word("name") || word("networkAttachmentDefinition");
  const vlan = word("vlan");
  return name || `${word("parent")}${vlan && `, VLAN ${vlan}`} (${word("mode") || "macvlan"})`;
}
