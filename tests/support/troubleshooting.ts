import { readFileSync } from "node:fs";
import { join } from "node:path";
import { marked, type Tokens } from "marked";
import { plainText, root } from "./documents.ts";

/** An entry of docs/troubleshooting.md. */
export interface Entry {
  /** The message or the symptom, as plain text. */
  readonly title: string;
}

/** All entries, in the order of the page. */
export function readEntries(): Entry[] {
  const page = readFileSync(join(root, "docs", "troubleshooting.md"), "utf8");
  return marked
    .lexer(page)
    .filter((token): token is Tokens.List => token.type === "list")
    .flatMap(({ items }) => items.map(({ tokens }) => ({ title: plainText(tokens.slice(0, 1)).replace(/\s+/g, " ") })));
}

/**
 * The pattern of a message that says what an entry says: `…` is any text, and each part that varies is as given. A part
 * that the entry doesn't have is an error of the test.
 */
export function patternOf({ title }: Entry, parts: Readonly<Record<string, string | RegExp>> = {}): RegExp {
  const absent = Object.keys(parts).filter((part) => !title.includes(part));
  if (absent.length > 0) throw new Error(`"${title}" has no ${absent.join(", ")}`);
  // The longest first, because one part may contain another.
  const varying = ["…", ...Object.keys(parts)].sort((one, other) => other.length - one.length);
  const pieces = title.split(new RegExp(`(${varying.map(escape).join("|")})`));
  const words = pieces.map((piece) => {
    const given = parts[piece] ?? (piece === "…" ? /.*/ : piece);
    return typeof given === "string" ? escape(given) : given.source;
  });
  return new RegExp(`^${words.join("")}$`, "s");
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
