import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { shownAs } from "./shown-as.ts";

/* Reading what a user wrote, at a time when not all of it need be known. */

/** The engine's stand-in, at preview, for a value that isn't known yet; it may stand anywhere in the inputs. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Zod's own complaints in our words; those of the leaves are in `fields.ts`. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_key") return issue.issues[0]?.message;
  if (issue.code !== "invalid_type") return undefined;
  if (issue.input === undefined) return "is missing";
  const kind =
    issue.expected === "array" ? "a list" : issue.expected === "object" ? "an object" : `a ${issue.expected}`;
  return `${quote(issue.input)} is not ${kind}`;
}

/** `schema`, but letting a value pass that isn't known yet. */
export function known<T>(schema: z.ZodType<T>): z.ZodType<T> {
  const tolerant = z.unknown().transform((value, context): T => {
    if (value === unknownValue) return value as T;
    let parsed = schema.safeParse(value, { error: wording });
    const scalar = parsed.success ? undefined : scalarIn(value);
    if (scalar !== undefined) {
      const asScalar = schema.safeParse(scalar, { error: wording });
      // Anything else that is wrong is better said of the value as it was written.
      if (asScalar.success || !asScalar.error.issues.some(({ code }) => code === "invalid_type")) parsed = asScalar;
    }
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
  return shownAs(tolerant, schema);
}

/** The number or truth value that a text is: stack configuration and environment have no other types. */
function scalarIn(value: unknown): number | boolean | undefined {
  if (typeof value !== "string") return undefined;
  if (/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  return value === "true" ? true : value === "false" ? false : undefined;
}

/** A copy without `null`, at any depth: in data from JSON or YAML it means that nothing is given. */
export function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNull(item)]));
}

/** How a value that was applied compares with one that may not be known yet. */
export type Comparison = "same" | "unknown" | "different";

/** Compares at any depth; `unknown` when nothing that is known differs, but not all is known. */
export function compare(one: unknown, other: unknown): Comparison {
  if (one === unknownValue || other === unknownValue) return "unknown";
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other))
    return Object.is(one, other) ? "same" : "different";
  if (Array.isArray(one) && Array.isArray(other) && one.length !== other.length) return "different";
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  const comparisons = [...keys].map((key) => compare(one[key], other[key]));
  return comparisons.includes("different") ? "different" : comparisons.includes("unknown") ? "unknown" : "same";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** A copy without the keys that have no value. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // What isn't known yet is a string, whatever its type says.
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
