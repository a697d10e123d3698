/**
 * Breaks things on the lab at random for a long time: npm run soak -- churn | dhcp | slow [--minutes 10] [--seed 1]
 *
 * The exit code is 0 if nothing was lost, doubled or left behind. The same seed makes the same choices.
 */
import { parseArgs } from "node:util";
import { missing } from "../lab/index.ts";
import { soakChurn } from "./churn.ts";
import { soakDhcp } from "./dhcp.ts";
import { randomFrom } from "./random.ts";
import { soakSlow } from "./slow.ts";

const usage = `usage: npm run soak -- <what> [--minutes <number>] [--seed 1]
  churn   30 Vnics over 3 nodes, for 10 minutes; Vnics, pods, sandboxes, Jobs and every daemon come and go
  dhcp    20 Vnics with leases of a minute, for 60 minutes; agents, server, runtimes, kubelets, pods and Vnics do
  slow    30 Vnics over 3 nodes, for 10 minutes in which each request of a pod to the API server takes 2 s longer
`;

const soaks = {
  churn: { run: soakChurn, minutes: "10" },
  dhcp: { run: soakDhcp, minutes: "60" },
  slow: { run: soakSlow, minutes: "10" },
};

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { minutes: { type: "string" }, seed: { type: "string", default: "1" } },
  });
  const what = positionals[0] as keyof typeof soaks | undefined;
  if (positionals.length !== 1 || what === undefined || !Object.hasOwn(soaks, what)) {
    process.stderr.write(usage);
    return 2;
  }
  const lacked = missing();
  if (lacked.length > 0) throw new Error(`the lab needs ${lacked.join(", ")}`);
  const { run, minutes } = soaks[what];
  const faults = await run(Number(values.minutes ?? minutes), randomFrom(Number(values.seed)));
  for (const fault of faults) console.log(`FAULT ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

try {
  // Exits explicitly, because kept-alive connections would keep the event loop running.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.stack : String(error));
  process.exit(1);
}
