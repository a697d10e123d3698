import type * as z from "zod";
import { group, version } from "../names.ts";
import { structural, structuralSpec } from "./structural-schema.ts";

/** The differences between the kinds of our API group. */
export interface CustomResource {
  readonly kind: string;
  /** @default the kind in lower case, with an s appended */
  readonly plural?: string;
  readonly shortNames: readonly string[];
  /** @default "Namespaced" */
  readonly scope?: "Namespaced" | "Cluster";
  readonly spec: z.ZodType;
  /** The status subresource; absent for a kind without one. */
  readonly status?: z.ZodType;
  /** The status of an object that no driver has worked on yet. @default none */
  readonly initialStatus?: object;
  /** Validation rules for the whole object. @default none */
  readonly rules?: readonly ValidationRule[];
  /** The columns of `kubectl get`; those with priority 1 only appear with `-o wide`. */
  readonly columns: readonly Column[];
}

/** A validation rule in CEL that the API server applies, with the message that `check` gives for it. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  /** Whether the rule is also applied at creation although it mentions `oldSelf`, which is then an optional value. */
  readonly optionalOldSelf?: true;
}

/**
 * The rule for a record's name. The name becomes part of other names, so it must be a label (RFC 1123) of at most that
 * many characters.
 */
export function nameRule(mostCharacters: number): ValidationRule {
  return atCreation({
    rule: `self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,${mostCharacters - 2}}[a-z0-9])?$')`,
    message: `name: is not a name for it: use at most ${mostCharacters} of a-z, 0-9 and "-"`,
  });
}

/**
 * Applies a rule at creation only. A name can't be changed, so a record that is older than the rule has to pass every
 * update, or its finalizer could never be removed.
 */
export function atCreation({ rule, message }: ValidationRule): ValidationRule {
  return { rule: `oldSelf.hasValue() || ${rule}`, message, optionalOldSelf: true };
}

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly priority?: 1;
}

/** Makes the CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind. */
export function customResourceDefinition(resource: CustomResource) {
  const { kind, shortNames, scope = "Namespaced", spec, status, initialStatus, rules, columns } = resource;
  const singular = kind.toLowerCase();
  const plural = resource.plural ?? `${singular}s`;
  const statusSchema = status && { ...structural(status), ...(initialStatus ? { default: initialStatus } : {}) };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(status ? { subresources: { status: {} } } : {}),
          schema: {
            openAPIV3Schema: {
              type: "object",
              required: ["spec"],
              properties: { spec: structuralSpec(spec), ...(statusSchema ? { status: statusSchema } : {}) },
              ...(rules ? { "x-kubernetes-validations": rules } : {}),
            },
          },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}
