/**
 * Runs the tests: npm test [-- <folder or file> ... [--grep <pattern>] [--bail] [--labs <number>] [--no-skips]]
 *
 * Two processes run files that need no lab and compute, and three more run those that need none and mostly wait, or five
 * if no labs work beside them.
 * Each file that needs a lab runs in its own process and has a whole lab to itself. Tests on a lab mostly wait, so the
 * complete suite uses three labs at the same time, or fewer if this machine has little memory. Beside them, with a lower
 * priority, it runs the tiers that need none, and when those that compute or those that wait have ended, one more lab
 * takes part. A run of named folders or files uses one lab, after the tiers that need none. What a tier needs is built
 * beside the tests of tiers that have what they need; until all is built, two labs are used. The output of a file is
 * printed when the file has ended.
 *
 * If this machine lacks something, that is reported, and the tests that need it count as skipped; with --no-skips, a
 * run with skipped tests fails. The last line is `N passed, N failed`, or `N passed, N failed, N skipped`.
 */
import { totalmem } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { cacheDir } from "./lab/cache.ts";
import { type Job, type Outcome, runJob } from "./runner/job.ts";
import { runLabFree } from "./runner/lab-free.ts";
import { runOnLabs } from "./runner/lanes.ts";
import { longestFirst } from "./runner/order.ts";
import { prepare } from "./runner/preparation.ts";
import { covers, filesOf, testsFolder, type Tier, tiers } from "./runner/tiers.ts";
import { recordTimes, slowest, type Times } from "./runner/times.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: "string" },
    bail: { type: "boolean", default: false },
    labs: { type: "string" },
    "no-skips": { type: "boolean", default: false },
  },
});
/** The labs of a complete run: three, if the memory suffices for four labs of 2.5 GB and the tests beside them. */
const labsForAll = Math.max(1, Math.min(3, Math.floor(totalmem() / (2.5 * 2 ** 30)) - 1));
const labs = Number(options.labs ?? (positionals.length === 0 ? labsForAll : 1));
if (!Number.isInteger(labs) || labs < 1) throw new Error(`--labs ${options.labs}: not a number of labs, such as 2`);

const total = { passed: 0, skipped: 0 };
const failures: string[] = [];
const times: Times = {};
const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
const evidence = join(cacheDir, "failures", stamp);

const nameOf = ({ name }: Job): string => name;

let isBuilding = true;

/** All tests wait for the builds. The labs' tests take longest, although they need little of the processors. */
function nicenessOf({ usesLab }: Tier): number {
  if (labs === 1) return 0;
  if (!usesLab) return 2;
  return isBuilding ? 2 : 0;
}

function jobFor(tier: Tier, files: readonly string[], skip = false): Job {
  const { name, timeoutSeconds, usesLab } = tier;
  const [first = "", ...others] = files;
  return {
    name: others.length === 0 ? relative(testsFolder, first) : name,
    files,
    timeoutSeconds,
    // The tests have their own time limits; this limit is for a process that no longer responds.
    hangSeconds: 7200,
    bail: options.bail,
    color: process.stdout.isTTY,
    skip,
    niceness: () => nicenessOf(tier),
    ...(options.grep === undefined ? {} : { grep: options.grep }),
    ...(usesLab ? { evidence } : {}),
  };
}

function count(job: Job, outcome: Outcome): void {
  total.passed += outcome.passed;
  total.skipped += outcome.skipped;
  failures.push(...outcome.failures.map((failure) => `${job.files.length === 1 ? `${job.name}: ` : ""}${failure}`));
}

/** Counts a file's outcome, and prints its output, which is empty if it was shown already. */
function reportOutcome(job: Job, outcome: Outcome): void {
  count(job, outcome);
  Object.assign(times, job.files.length === 1 ? { [job.name]: outcome.milliseconds } : outcome.times);
  if (outcome.output) console.log(`\ntests/${job.name}\n${outcome.output.trimEnd()}`);
}

function fail(what: string, error: unknown): void {
  failures.push(`${what}: ${String(error)}`);
  console.error(`\n${what}: ${error instanceof Error ? error.stack : String(error)}`);
}

const shortened = (failure: string): string => (failure.length > 1000 ? `${failure.slice(0, 1000)} ...` : failure);

const isStopped = (): boolean => options.bail && failures.length > 0;

for (const path of positionals) {
  if (tiers.flatMap((tier) => filesOf(tier, positionals)).some((file) => covers(path, file))) continue;
  fail(path, "there are no test files there");
}

const wanted = tiers
  .map((tier) => ({ tier, files: filesOf(tier, positionals) }))
  .filter(({ files }) => files.length > 0);
const missingOf = new Map<string, readonly string[]>();
for (const { tier } of wanted) missingOf.set(tier.name, (await tier.missing?.()) ?? []);
const isRunnable = ({ name }: Tier): boolean => missingOf.get(name)?.length === 0;

for (const reasons of new Set([...missingOf.values()].map((list) => list.join(", ")).filter(Boolean))) {
  const names = wanted.map(({ tier }) => tier.name).filter((name) => missingOf.get(name)?.join(", ") === reasons);
  console.log(`skipped: ${names.map((name) => `tests/${name}`).join(", ")}, which need ${reasons}`);
}

const runnable: typeof wanted = [];
for (const { tier, files } of wanted) {
  if (isRunnable(tier)) {
    runnable.push({ tier, files });
  } else if (!isStopped()) {
    const job = jobFor(tier, files, true);
    count(job, await runJob(job, { live: true }));
  }
}

const preparation = prepare(runnable, { isStopped, onFailure: fail });
void preparation.end.then(() => (isBuilding = false));
const onLabs = runnable.filter(({ tier }) => tier.usesLab);
const labFree = runnable.filter(({ tier }) => !tier.usesLab);

async function runLabTiers(room: Promise<unknown>): Promise<void> {
  const first = await firstPrepared(onLabs);
  if (first === undefined || isStopped()) return;
  const readiness = new Map<Job, Promise<boolean>>();
  for (const { tier, files } of onLabs)
    for (const file of files) readiness.set(jobFor(tier, [file]), preparation.ofFile(tier, file));
  await runOnLabs(longestFirst([...readiness.keys()], nameOf), {
    labs,
    builds: preparation.end,
    room,
    readiness: (job) => readiness.get(job) ?? Promise.resolve(false),
    job: (file) => jobFor(first, [file]),
    onOutcome: reportOutcome,
    isStopped,
    warn: (text) => console.error(text),
  }).catch((error: unknown) => fail("starting the lab", error));
}

async function firstPrepared(among: typeof wanted): Promise<Tier | undefined> {
  for (const { tier } of among) if (await preparation.ofTier(tier)) return tier;
  return undefined;
}

const room = Promise.withResolvers<void>();
const labFreeEnd = runLabFree(labFree, {
  preparation,
  jobFor,
  besideLabs: labs > 1,
  onOutcome: reportOutcome,
  isStopped,
  onRoom: room.resolve,
});
if (labs === 1) await labFreeEnd;
await Promise.all([labFreeEnd, runLabTiers(room.promise)]);

recordTimes(times);
if (Object.keys(times).length > 1) console.log(`\nthe slowest files:\n${slowest(times, 20).join("\n")}\n`);
// The full messages of the failures are further up, among the output of many files.
if (failures.length > 0) console.log(`\nthe failures:\n${failures.map(shortened).join("\n")}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${failures.length} failed${skipped}`);
// The last lines may still wait for a slow reader of a pipe, and would be lost.
await new Promise((resolve) => process.stdout.write("", resolve));
// Exits explicitly, so that a test's leftover handle can't hang the run.
process.exit(failures.length > 0 || (options["no-skips"] && total.skipped > 0) ? 1 : 0);
