import { styleText } from "node:util";
import { printable } from "../base/printable.ts";

/** Prints a value as JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Prints a line to stdout. */
export function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Styles text on a terminal that shows colours; honours NO_COLOR and FORCE_COLOR. */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout, validateStream: true });
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
