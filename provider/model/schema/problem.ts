import type * as z from "zod";
import { truncate, visible } from "../../base/quote.ts";
import { maxLength } from "./bounds.ts";

/** A problem with one input, by property path, like `addresses[1]`. */
export interface Problem {
  readonly property: string;
  readonly reason: string;
}

/** Formats problems as one text. */
export function problemWords(problems: readonly Problem[]): string {
  return problems.map(({ property, reason }) => `${property}: ${reason}`).join("; ");
}

/** Maximum number of unknown properties that are reported at once. */
const maxUnknown = 32;

/** Converts an issue of zod; `thing` names the resource, like "a Vnic". */
export function problemsOf(issue: z.core.$ZodIssue, thing: string): Problem[] {
  if (issue.code !== "unrecognized_keys") return [{ property: pathOf(issue.path), reason: issue.message }];
  const reason = `is not a property of ${thing}; remove it or correct its name`;
  return issue.keys.slice(0, maxUnknown).map((key) => ({ property: pathOf([...issue.path, key]), reason }));
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    const word = visible(truncate(String(key), maxLength.labelKey));
    return text === "" ? word : `${text}.${word}`;
  }, "");
}
