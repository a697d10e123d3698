/**
 * Runs random histories on the lab: npm run test:histories -- [--operations 200] [--seed 1] [--per-step 12]
 *
 * With --plans, runs histories of a program with all kinds of resources against a simulated cluster, without lab and
 * root.
 *
 * The same seed draws the same operations. Ends at the first violation, with exit code 1.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { runHistory } from "./history.ts";
import { runPlanHistory } from "./plan-history.ts";

const { values } = parseArgs({
  options: {
    operations: { type: "string", default: "200" },
    seed: { type: "string", default: String(randomInt(1_000_000)) },
    "per-step": { type: "string", default: "12" },
    plans: { type: "boolean", default: false },
  },
});

function count(option: "operations" | "seed" | "per-step"): number {
  const text = values[option];
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new Error(`--${option}: ${JSON.stringify(text)} is not a whole number`);
}

try {
  const [operations, seed, operationsPerStep] = [count("operations"), count("seed"), count("per-step")];
  console.log(`seed ${seed}, ${operations} operations`);
  const run = values.plans ? runPlanHistory : runHistory;
  await run({ operations, seed, operationsPerStep, say: console.log });
  console.log(`no violation: seed ${seed}, ${operations} operations`);
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.stack : String(error));
  process.exit(1);
}
