import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { shownAs } from "./shown-as.ts";

/* Reading a user's inputs at preview, when some values may be unknown. */

/** The engine's placeholder for an unknown value in a preview; it may appear anywhere in the inputs. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Our messages for zod's own errors; the messages for single values are in `fields.ts`. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_key") return issue.issues[0]?.message;
  if (issue.code !== "invalid_type") return undefined;
  if (issue.input === undefined) return "is missing";
  const kind =
    issue.expected === "array" ? "a list" : issue.expected === "object" ? "an object" : `a ${issue.expected}`;
  return `${quote(issue.input)} is not ${kind}`;
}

/** `schema`, but also accepts unknown values. */
export function known<T>(schema: z.ZodType<T>): z.ZodType<T> {
  const tolerant = z.unknown().transform((value, context): T => {
    if (value === unknownValue) return value as T;
    let parsed = schema.safeParse(value, { error: wording });
    const scalar = parsed.success ? undefined : scalarIn(value);
    if (scalar !== undefined) {
      const asScalar = schema.safeParse(scalar, { error: wording });
      // Report any other problem for the value as it was written.
      if (asScalar.success || !asScalar.error.issues.some(({ code }) => code === "invalid_type")) parsed = asScalar;
    }
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
  return shownAs(tolerant, () => schema);
}

/** Converts a text to a number or boolean, because stack configuration and environment variables are texts. */
function scalarIn(value: unknown): number | boolean | undefined {
  if (typeof value !== "string") return undefined;
  if (/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  return value === "true" ? true : value === "false" ? false : undefined;
}

/** A deep copy without `null`, which in data from JSON or YAML means that no value is given. */
export function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNull(item)]));
}

/** How an applied value compares with one that may be unknown. */
export type Comparison = "same" | "unknown" | "different";

/** Compares deeply; `unknown` if no known part differs but some part is unknown. */
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

/** A copy without undefined values. */
export function omitUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // An unknown value is a string, whatever its type says.
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
