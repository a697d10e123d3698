/**
 * Measures on the lab: npm run bench -- attach [--rounds 20] | burst [--sizes 10,50] | refresh [--sizes 100,1000]
 * | neighbors [--rounds 4] [--load typo] | profile [--rounds 3] | scale [--sizes 1,10,100] [--rounds 2]
 * | sets [--sizes 1000] [--rounds 2] | noop [--sizes 1,100] [--rounds 5] | heal [--sizes 100] [--rounds 3] | datapath [--rounds 5]
 * | cluster [--divisor 10]
 *
 * Figures are printed and written as JSON to `bench-results`, with --keep to `tests/bench/results` as well; none of them is an assertion. The exit code is 0 unless
 * something failed to work.
 */
import { parseArgs } from "node:util";
import { missing } from "../lab/index.ts";
import { measureAttach } from "./attach.ts";
import { measureBurst } from "./burst.ts";
import { busynessInWords, otherWork } from "./busyness.ts";
import { measureCluster } from "./cluster/cluster.ts";
import { measureDatapath } from "./datapath.ts";
import { measureHeal } from "./heal.ts";
import { endChildrenWhenInterrupted } from "./interruption.ts";
import { measureNeighbors } from "./neighbors.ts";
import { measureNoop } from "./noop.ts";
import { measureProfile } from "./profile.ts";
import { keepResults, writeResults } from "./results.ts";
import { measureScale } from "./scale.ts";
import { measureRefresh } from "./refresh.ts";
import { measureSets } from "./sets.ts";

const usage = `usage: npm run bench -- <command>
  attach [--rounds 20]     one NIC: from the call to the first external reply, stage by stage
  burst [--sizes 10,50]    many NICs on one node at once
  refresh [--sizes 100,1000]  looking at many Vnics, against as many resources that do nothing
  neighbors [--rounds 4]   one tenant's NIC, alone and beside a tenant that keeps its node busy
            [--load typo]  only the loads with that word in their name
  cluster [--divisor 10]   the reconciler in a simulated cluster: 1000 nodes, 50,000 pods, 10,000 Vnics, divided by a number
  scale [--sizes 1,10,100] up, preview, refresh and destroy of many Vnics on all nodes, with controls
        [--rounds 2]
  sets [--sizes 1000]      up and destroy of ten VnicSets with so many Vnics, against as many links by hand
       [--rounds 2]
  noop [--sizes 1,100]     preview and up without a change, against as many resources that do nothing
       [--rounds 5]
  heal [--sizes 100]       the NICs of a node that lost power, until all are back
       [--rounds 3]
  datapath [--rounds 5]    throughput and latency of each mode, against the parent's own; needs no lab
  profile [--rounds 3]     where the time of an operation goes: stages, requests, controls

  --keep  with any of them: also replaces the results that the documentation shows
`;

/** Runs one benchmark and returns the exit code. */
async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      sizes: { type: "string" },
      load: { type: "string" },
      divisor: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  const measure = {
    attach: () => measureAttach(count(values.rounds ?? "20")),
    burst: () => measureBurst(counts(values.sizes ?? "10,50")),
    refresh: () => measureRefresh(counts(values.sizes ?? "100,1000")),
    profile: () => measureProfile(count(values.rounds ?? "3")),
    noop: () => measureNoop(counts(values.sizes ?? "1,100"), count(values.rounds ?? "5")),
    heal: () => measureHeal(count(values.sizes ?? "100"), count(values.rounds ?? "3")),
    datapath: () => measureDatapath(count(values.rounds ?? "5")),
    cluster: () => measureCluster(count(values.divisor ?? "10")),
    scale: () => measureScale(counts(values.sizes ?? "1,10,100"), count(values.rounds ?? "2")),
    sets: () => measureSets(count(values.sizes ?? "1000"), count(values.rounds ?? "2")),
    neighbors: () => measureNeighbors(count(values.rounds ?? "4"), values.load),
  };
  const command = positionals[0] as keyof typeof measure | undefined;
  if (positionals.length !== 1 || command === undefined || !Object.hasOwn(measure, command)) {
    process.stderr.write(usage);
    return 2;
  }
  const lacking = missing();
  if (lacking.length > 0) throw new Error(`the lab needs ${lacking.join(", ")}`);
  const before = await otherWork();
  const found = await measure[command]();
  const otherPrograms = busynessInWords(before, await otherWork());
  console.log(`\n${otherPrograms}`);
  const measured = { ...found, kept: { ...found.kept, otherPrograms } };
  await writeResults(command, measured);
  if (values.keep) await keepResults(command, measured);
  return 0;
}

function counts(text: string): number[] {
  return text.split(",").map(count);
}

function count(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new Error(`${JSON.stringify(text)} is not a number from 1 to 9999`);
  return Number(text);
}

endChildrenWhenInterrupted();
try {
  // Exits explicitly, because kept-alive connections would keep the event loop running.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.stack : String(error));
  process.exit(1);
}
