import type * as z from "zod";
import { group, version } from "../names.ts";
import { structural, structuralSpec } from "./structural-schema.ts";

/** What the kinds of our API group differ in. */
export interface CustomResource {
  readonly kind: string;
  /** @default the kind in lower case, with an s */
  readonly plural?: string;
  readonly shortNames: readonly string[];
  /** @default "Namespaced" */
  readonly scope?: "Namespaced" | "Cluster";
  readonly spec: z.ZodType;
  /** A subresource; absent for a kind without one. */
  readonly status?: z.ZodType;
  /** The status of an object that nothing has worked on yet. @default none */
  readonly initialStatus?: object;
  /** Validation rules of the whole object. @default none */
  readonly rules?: readonly ValidationRule[];
  /** What `kubectl get` shows; with a priority of 1, only `-o wide`. */
  readonly columns: readonly Column[];
}

/** A rule of the API server's own (Common Expression Language), in the words that `check` has for it. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
}

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly priority?: 1;
}

/** The CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind. */
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
