import type { Manifest } from "./manifest.ts";

const api = "admissionregistration.k8s.io/v1";

export interface AdmissionRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly ("CREATE" | "UPDATE")[];
  readonly resources: readonly string[];
}

/** What must hold, and what whoever breaks it is told: both in CEL, where a message is an expression for a string. */
export interface Validation {
  readonly expression: string;
  readonly messageExpression: string;
}

export interface AdmissionPolicy {
  readonly name: string;
  readonly resources: readonly AdmissionRule[];
  readonly namespaceSelector?: object;
  /** The policy is asked only where this holds. */
  readonly condition?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
  /** Objects that the policy is asked for, one after the other, as `params`. */
  readonly paramKind?: { readonly apiVersion: string; readonly kind: string };
}

/** A ValidatingAdmissionPolicy and its binding: whatever breaks it is denied, and so is everything when it can't be asked. */
export function admissionPolicy(policy: AdmissionPolicy): Manifest[] {
  const { name, resources, namespaceSelector, condition, variables = {}, validations, paramKind } = policy;
  return [
    {
      apiVersion: api,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        ...(paramKind ? { paramKind } : {}),
        matchConstraints: { resourceRules: resources, ...(namespaceSelector ? { namespaceSelector } : {}) },
        ...(condition === undefined ? {} : { matchConditions: [{ name: "concerned", expression: condition }] }),
        variables: Object.entries(variables).map(([name, expression]) => ({ name, expression })),
        validations,
      },
    } as Manifest,
    {
      apiVersion: api,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        ...(paramKind ? { paramRef: { selector: {}, parameterNotFoundAction: "Allow" } } : {}),
      },
    } as Manifest,
  ];
}

/** `value` as a literal of CEL, whose strings and lists are written like JSON's. */
export function literal(value: unknown): string {
  return JSON.stringify(value);
}
