/**
 * Runs the tests: npm test [-- <folder or file> ... [--grep <pattern>] [--bail] [--labs <number>] [--no-skips]]
 *
 * The tiers that need no lab run one after the other; files of the same tier may run at the same time. Each file that
 * needs a lab runs in its own process and has a whole lab to itself. Tests on a lab mostly wait, so the complete suite
 * uses three labs at the same time, or fewer if this machine has little memory. Beside them, with a lower priority, it
 * runs the tiers that need none, and when these have ended, one more lab takes part. A run of named folders or files
 * uses one lab, after the tiers that need none. What a tier needs is built beside the tests of tiers that have what they
 * need. The output of a file is printed when the file has ended.
 *
 * If this machine lacks something, that is reported, and the tests that need it count as skipped; with --no-skips, a
 * run with skipped tests fails. The last line is `N passed, N failed`, or `N passed, N failed, N skipped`.
 */
import { totalmem } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { cacheDir } from "./lab/cache.ts";
import { type Job, type Outcome, runJob } from "./runner/job.ts";
import { runOnLabs } from "./runner/lanes.ts";
import { longestFirst, shares } from "./runner/order.ts";
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

function jobFor({ timeoutSeconds, usesLab }: Tier, files: readonly string[], skip: boolean): Job {
  return {
    name: files.map((file) => relative(testsFolder, file)).join(", "),
    files,
    timeoutSeconds,
    // The tests have their own time limits; this limit is for a process that no longer responds.
    hangSeconds: 1800,
    bail: options.bail,
    color: process.stdout.isTTY,
    skip,
    // The labs' tests take longest, although they need little of the processors.
    background: !usesLab && labs > 1,
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
  times[job.name] = outcome.milliseconds;
  if (outcome.output) console.log(`\ntests/${job.name}\n${outcome.output.trimEnd()}`);
}

/**
 * Runs each file in its own process, `most` at a time. The longest files start first, so that all end at about the same
 * time.
 */
async function runSideBySide(tier: Tier, files: readonly string[], most: number): Promise<void> {
  const queue = longestFirst(files.map((file) => jobFor(tier, [file], false)));
  const work = async (): Promise<void> => {
    for (let job = queue.shift(); job && !isStopped(); job = queue.shift())
      reportOutcome(job, await runJob(job, { live: files.length === 1 }));
  };
  await Promise.all(Array.from({ length: most }, work));
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
const onLabs = runnable.filter(({ tier }) => tier.usesLab);
const labFree = runnable.filter(({ tier }) => !tier.usesLab);

async function runLabFree(): Promise<void> {
  for (const { tier, files } of labFree)
    if ((await preparation.ofTier(tier)) && !isStopped()) await runTier(tier, files);
}

async function runTier(tier: Tier, files: readonly string[]): Promise<void> {
  if (tier.sideBySide !== undefined) return runSideBySide(tier, files, tier.sideBySide);
  // A file may end the recording of coverage in its process, which would then be lost for all files there.
  if (process.env["NODE_V8_COVERAGE"] && tier.name === "unit") return runSideBySide(tier, files, tier.processes ?? 1);
  console.log(`\ntests/${tier.name}`);
  await Promise.all(
    shares(files, tier.processes ?? 1).map(async (share, _, { length }) => {
      const job = jobFor(tier, share, false);
      const outcome = await runJob(job, { live: length === 1 });
      count(job, outcome);
      Object.assign(times, outcome.times);
      if (outcome.output) console.log(outcome.output.trimEnd());
    }),
  );
}

async function runLabTiers(besideLabs: Promise<unknown>): Promise<void> {
  const first = await firstPrepared(onLabs);
  if (first === undefined || isStopped()) return;
  const readiness = new Map<Job, Promise<boolean>>();
  for (const { tier, files } of onLabs)
    for (const file of files) readiness.set(jobFor(tier, [file], false), preparation.ofFile(tier, file));
  await runOnLabs(longestFirst([...readiness.keys()]), {
    labs,
    besideLabs,
    readiness: (job) => readiness.get(job) ?? Promise.resolve(false),
    job: (file) => jobFor(first, [file], false),
    onOutcome: reportOutcome,
    isStopped,
    warn: (text) => console.error(text),
  }).catch((error: unknown) => fail("starting the lab", error));
}

async function firstPrepared(among: typeof wanted): Promise<Tier | undefined> {
  for (const { tier } of among) if (await preparation.ofTier(tier)) return tier;
  return undefined;
}

const labFreeEnd = runLabFree();
if (labs === 1) await labFreeEnd;
await Promise.all([labFreeEnd, runLabTiers(labFreeEnd)]);

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
