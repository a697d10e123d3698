import { type Summary, summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

/** Milliseconds of a neighbour's attachments: alone, and then under a load. */
export interface Block {
  readonly load: string;
  readonly alone: readonly number[];
  readonly beside: readonly number[];
}

interface Row {
  readonly load: string;
  readonly alone: Summary;
  readonly beside: Summary;
  /** Quotient of the medians. */
  readonly ratio: number;
}

/** Prints the results of all loads, which were measured from one point to another, and returns them. */
export function printNeighbors(blocks: readonly Block[], fromTo: string): Row[] {
  const rows = [...new Set(blocks.map(({ load }) => load))].map((load) => {
    const all = (part: "alone" | "beside") =>
      summarize(blocks.filter((block) => block.load === load).flatMap((block) => block[part]));
    const [alone, beside] = [all("alone"), all("beside")];
    return { load, alone, beside, ratio: beside.p50 / alone.p50 };
  });
  console.log(`\na neighbour's Vnic, ${fromTo}, in milliseconds\n`);
  printTable(
    ["beside", "n", "alone p50", "p95", "beside p50", "p95", "p50 ratio", "p95 ratio"],
    rows.map(({ load, alone, beside, ratio }) => [
      load,
      String(beside.n),
      ...[alone.p50, alone.p95, beside.p50, beside.p95].map(shown),
      ratio.toFixed(2),
      (beside.p95 / alone.p95).toFixed(2),
    ]),
  );
  return rows;
}
