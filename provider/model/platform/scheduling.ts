import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { group } from "../names.ts";
import { isCanonicalQuantity } from "./quantity.ts";

/*
 * Rules for Kubernetes' own types: names, labels, resources, tolerations. Values that pass are stored unchanged by
 * the API server, so that a pod can be compared with its template.
 */

const name = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const key = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const value = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const says = (rule: string) => (issue: { input?: unknown }) => `${quote(issue.input)} is not ${rule}`;

/** Name of an object (RFC 1123 subdomain). */
export const objectName = z.string().regex(name, { error: says("a name: lower-case letters, digits, '-' and '.'") });

/** Key of a label, annotation or taint. */
export const ownKey = z.string().regex(key, { error: says("a key such as example.org/team") });

export const labelValue = z
  .string()
  .regex(value, { error: says("a label's value: at most 63 letters, digits, '-', '_' and '.'") });

/**
 * Keys by which our own objects are selected, which control what a namespace admits, or which add rights to other roles. The chart's
 * helper `vnic.checkKeys` has the same pattern.
 */
const reserved = new RegExp(
  `^(([a-z0-9-]+[.])*${group.replaceAll(".", "[.]")}|pod-security[.]kubernetes[.]io|app[.]kubernetes[.]io|rbac[.]authorization[.]k8s[.]io)/`,
);

/** Labels or annotations without reserved keys. */
export function keyValues(values: z.ZodString) {
  const free = ownKey.refine((text) => !reserved.test(text), {
    error: ({ input }) => `${quote(input)} is a key that pulumi-vnic or Kubernetes acts on; choose another key`,
  });
  return z.record(free, values);
}

const quantity = z.string().refine(isCanonicalQuantity, {
  error: says("a quantity in its shortest form, such as 250m, 2, 512Mi or 1Gi"),
});
const quantities = z.record(ownKey, quantity);

/** Requests and limits of a container (core/v1 ResourceRequirements). */
export const resources = z.strictObject({ requests: quantities.optional(), limits: quantities.optional() });

/** A toleration (core/v1). */
export const toleration = z.strictObject({
  key: ownKey.optional(),
  operator: z.enum(["Exists", "Equal"], { error: 'is neither "Exists" nor "Equal"' }).optional(),
  value: labelValue.optional(),
  effect: z
    .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"], {
      error: 'is none of "NoSchedule", "PreferNoSchedule", "NoExecute"',
    })
    .optional(),
  tolerationSeconds: z.int().optional(),
});
