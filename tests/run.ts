/**
 * Runs the tests: npm test [-- <folder or file> ... [--grep <pattern>] [--bail]]
 *
 * Folders in their order: those that need only Node.js, then the kernel tier (network namespaces), then those that need the
 * lab. What is missing on this machine is said, and its tests count as skipped. The last line is `N passed, N failed`, or `N passed, N failed, N skipped`.
 */
import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { config } from "chai";
import Mocha from "mocha";
import { ensurePulumi, missing, up } from "./lab/index.ts";
import { missingForKernel, prepareKernel } from "./support/kernel/prepare.ts";

const here = import.meta.dirname;

interface Folder {
  readonly name: string;
  readonly timeoutSeconds: number;
  /** What must be there before its tests run, and may take minutes on a fresh machine; only where nothing is missing. */
  readonly prepare?: () => Promise<unknown>;
  /** What this machine lacks for it. @default what the lab lacks, if it has something to prepare */
  readonly missing?: () => Promise<string[]> | string[];
}

const folders: readonly Folder[] = [
  { name: "unit", timeoutSeconds: 5 },
  { name: "provider", timeoutSeconds: 30 },
  { name: "kernel", timeoutSeconds: 60, prepare: prepareKernel, missing: missingForKernel },
  // Asks by itself whether the lab can run here, and starts it.
  { name: "lab", timeoutSeconds: 180 },
  { name: "node", timeoutSeconds: 180, prepare: up },
  { name: "lifecycle", timeoutSeconds: 180, prepare: up },
  { name: "reconciler", timeoutSeconds: 240, prepare: up },
  { name: "e2e", timeoutSeconds: 300, prepare: () => Promise.all([up(), ensurePulumi()]) },
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: "string" }, bail: { type: "boolean", default: false } },
});

// What was met instead is what explains a failure.
config.truncateThreshold = 0;

const total = { passed: 0, failed: 0, skipped: 0 };

/** Test files of a folder that the command line asks for; without a wish, all of them. */
function filesOf({ name }: Folder): string[] {
  const folder = join(here, name);
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
    .sort();
  return positionals.length === 0 ? files : files.filter((file) => positionals.some((wish) => covers(wish, file)));
}

/** A wish is a path from the current directory, or one within `tests`. */
function covers(wish: string, file: string): boolean {
  return [resolve(wish), join(here, wish)].some((path) => file === path || file.startsWith(`${path}/`));
}

/** Loads each file by itself: one that can't be loaded is a failure of its own, and named. */
async function load({ timeoutSeconds }: Folder, files: readonly string[]): Promise<Mocha> {
  const mocha = new Mocha({ reporter: "spec", timeout: timeoutSeconds * 1000, bail: options.bail });
  if (options.grep !== undefined) mocha.grep(new RegExp(options.grep));
  for (const file of files) {
    mocha.files = [file];
    await mocha.loadFilesAsync().catch((error: unknown) => fail(`${relative(here, file)} can't be loaded`, error));
  }
  return mocha;
}

function fail(what: string, error: unknown): void {
  total.failed++;
  console.error(`\n${what}: ${error instanceof Error ? error.stack : String(error)}`);
}

function run(mocha: Mocha): Promise<void> {
  return new Promise((done) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      total.passed += passes;
      total.failed += failures;
      total.skipped += pending;
      done();
    });
  });
}

for (const wish of positionals) {
  if (folders.flatMap(filesOf).some((file) => covers(wish, file))) continue;
  total.failed++;
  console.error(`${wish}: there are no test files there`);
}

for (const folder of folders) {
  const files = filesOf(folder);
  if (files.length === 0) continue;
  console.log(`\ntests/${folder.name}`);
  const mocha = await load(folder, files);
  const lacking = folder.prepare ? await (folder.missing ?? missing)() : [];
  if (lacking.length > 0) {
    total.skipped += mocha.suite.total();
    console.log(`  ${mocha.suite.total()} tests skipped: they need ${lacking.join(", ")}`);
    continue;
  }
  try {
    await folder.prepare?.();
    await run(mocha);
  } catch (error) {
    fail(`preparing for tests/${folder.name}`, error);
  }
  if (options.bail && total.failed > 0) break;
}

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
// Not left to the event loop: a test's leftover handle must not hang the run.
process.exit(total.failed > 0 ? 1 : 0);
