import type { Diagnostic } from "./input.ts";

/** How the engine words what `check` complains of: the property, the value, and our own reason. */
const complaint = / resource '(.*)': property (\S+) value \{.*\} has a problem: (.*)/s;
/** Our reasons begin with the value. The change itself shows it, and it may come of a secret. */
const leadingValue = /^(?:"(?:[^"\\]|\\.)*"|[[{].*[\]}]) /s;
/** The engine colours what comes of a program's own failure. */
// eslint-disable-next-line no-control-regex -- colours begin with this very character
const colours = /\u001b\[[0-9;]*m/g;

/** Why a preview failed, in few words: without values, colours, and the lines of a stack trace. */
export function errorsOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => essenceOf(message));
}

function essenceOf(message: string): string {
  const plain = message.replace(colours, "").replace(/^error: /, "");
  const [, resource, property, reason = ""] = complaint.exec(plain) ?? [];
  if (property !== undefined) return `${resource}, ${property}: ${reason.replace(leadingValue, "").trim()}`;
  const lines = plain.split("\n").filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return lines.slice(0, 5).join("\n");
}
