import type { Manifest } from "./manifest.ts";

const api = "admissionregistration.k8s.io/v1";

export interface AdmissionRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly ("CREATE" | "UPDATE")[];
  readonly resources: readonly string[];
}

/** A rule and the message for requests that break it, both in CEL; the message is a string expression. */
export interface Validation {
  readonly expression: string;
  readonly messageExpression: string;
}

export interface AdmissionPolicy {
  readonly name: string;
  readonly resources: readonly AdmissionRule[];
  readonly namespaceSelector?: object;
  /** The policy applies only where this condition holds. */
  readonly condition?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
  /** Kind of the objects against which the policy is evaluated, one after the other, as `params`. */
  readonly paramKind?: { readonly apiVersion: string; readonly kind: string };
}

/**
 * A ValidatingAdmissionPolicy and its binding. Requests that break it are denied, as are all requests if it can't be
 * evaluated.
 */
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

/** `value` as a CEL literal; CEL writes strings and lists like JSON. */
export function literal(value: unknown): string {
  return JSON.stringify(value);
}
