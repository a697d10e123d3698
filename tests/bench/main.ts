/**
 * Measures on the lab: npm run bench -- attach [--rounds 20] | burst [--sizes 10,50]
 *
 * Figures are printed and kept as JSON in `bench-results`; none of them is an assertion. The exit code is 0 unless
 * something failed to work.
 */
import { parseArgs } from "node:util";
import { missing } from "../lab/index.ts";
import { measureAttach } from "./attach.ts";
import { measureBurst } from "./burst.ts";

const usage = `usage: npm run bench -- <command>
  attach [--rounds 20]     one NIC: from the call to the first external reply, stage by stage
  burst [--sizes 10,50]    many NICs on one node at once
`;

/** Runs one benchmark and returns the exit code. */
async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { rounds: { type: "string", default: "20" }, sizes: { type: "string", default: "10,50" } },
  });
  const measure = {
    attach: () => measureAttach(count(values.rounds)),
    burst: () => measureBurst(counts(values.sizes)),
  };
  const command = positionals[0] as keyof typeof measure | undefined;
  if (positionals.length !== 1 || command === undefined || !Object.hasOwn(measure, command)) {
    process.stderr.write(usage);
    return 2;
  }
  const lacking = missing();
  if (lacking.length > 0) throw new Error(`the lab needs ${lacking.join(", ")}`);
  await measure[command]();
  return 0;
}

function counts(text: string): number[] {
  return text.split(",").map(count);
}

function count(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new Error(`${JSON.stringify(text)} is not a number from 1 to 9999`);
  return Number(text);
}

try {
  // Not left to the event loop: connections that are kept alive would hold it.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.stack : String(error));
  process.exit(1);
}
