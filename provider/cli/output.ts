import { randomBytes } from "node:crypto";
import { styleText } from "node:util";
import { printable } from "../base/printable.ts";

/** In place of the escape character of our own styles, until the text is printed. Nobody else can know it. */
const ownEscape = `\ue000${randomBytes(8).toString("hex")}\ue000`;

/** Prints a value as JSON. */
export function printJson(value: unknown): void {
  process.stdout.write(`${printable(JSON.stringify(value, null, 2))}\n`);
}

/** Prints a text as one line to stdout, so that a text of others, such as an event's message, can't forge a line. */
export function print(line: string): void {
  process.stdout.write(`${forTerminal(oneLine(line))}\n`);
}

/** Makes a text safe for a terminal, with our own styles. */
export function forTerminal(text: string): string {
  return printable(text).replaceAll(ownEscape, "\u001b");
}

/** Replaces line breaks by spaces. */
export function oneLine(text: string): string {
  return text.replace(/[\n\v\f\r\u0085\u2028\u2029]+/g, " ");
}

/** Styles text on a terminal that shows colours; honours NO_COLOR and FORCE_COLOR. Print it by {@link print}. */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, printable(text), { stream: process.stdout, validateStream: true }).replaceAll(
    "\u001b",
    ownEscape,
  );
}

/** Aligns rows in columns, each as wide as its widest cell; the last one isn't padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
