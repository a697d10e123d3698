import type { Diagnostic } from "./input.ts";

/** The engine's message for a failure of `check`: the property, the value, and our reason. */
const complaint = / resource '(.*)': property (\S+) value \{.*\} has a problem: (.*)/s;
/** Our reasons begin with the value, which is removed: the change shows it, and it may come from a secret. */
const leadingValue = /^(?:"(?:[^"\\]|\\.)*"|[[{].*[\]}]) /s;
/** ANSI colours, which the engine adds to the output of a program that failed. */
// eslint-disable-next-line no-control-regex -- colours begin with this very character
const colours = /\u001b\[[0-9;]*m/g;

/** Why a preview failed, in short: without values, colours and stack traces. */
export function errorsOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => summaryOf(message));
}

function summaryOf(message: string): string {
  const plain = message.replace(colours, "").replace(/^error: /, "");
  const [, resource, property, reason = ""] = complaint.exec(plain) ?? [];
  if (property !== undefined) return `${resource}, ${property}: ${reason.replace(leadingValue, "").trim()}`;
  const lines = plain.split("\n").filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return lines.slice(0, 5).join("\n");
}
