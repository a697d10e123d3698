/** Writes the Helm chart into a folder: node scripts/chart/main.ts [<folder>]. */
import { join } from "node:path";
import { writeChart } from "./chart.ts";

const folder = process.argv[2] ?? join(import.meta.dirname, "..", "..", "dist", "chart", "pulumi-vnic");
await writeChart(folder);
console.log(folder);
