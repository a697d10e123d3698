import * as z from "zod";

/* Reading what a user wrote, at a time when not all of it need be known. */

/** The engine's stand-in, at preview, for a value that isn't known yet; it may stand anywhere in the inputs. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Zod's own complaints in our words; those of the leaves are in `fields.ts`. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== "invalid_type") return undefined;
  if (issue.input === undefined) return "is missing";
  const kind =
    issue.expected === "array" ? "a list" : issue.expected === "object" ? "an object" : `a ${issue.expected}`;
  return `${JSON.stringify(issue.input)} is not ${kind}`;
}

/** `schema`, but letting a value pass that isn't known yet. */
export function known<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    if (value === unknownValue) return value as T;
    const parsed = schema.safeParse(value, { error: wording });
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

/** A copy without the keys that have no value. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // What isn't known yet is a string, whatever its type says.
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
