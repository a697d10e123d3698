/**
 * Runs test files in this process and sends a {@link Report} to its parent: node worker.ts <WorkerOptions as JSON>
 *
 * The process ends by itself, even if the tests have left handles open.
 */
import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import { config } from "chai";
import Mocha from "mocha";
import { testsFolder } from "./tiers.ts";

export interface WorkerOptions {
  readonly files: readonly string[];
  readonly timeoutSeconds: number;
  readonly grep?: string;
  readonly bail: boolean;
  readonly color: boolean;
  /** Whether to only count the tests, as skipped. */
  readonly skip: boolean;
  /** Folder for the evidence of failed tests; only for tests on a lab. */
  readonly evidence?: string;
}

export interface Report {
  readonly passed: number;
  readonly skipped: number;
  /** Title and message of each failure. */
  readonly failures: readonly string[];
  /** Milliseconds by file, relative to `tests`. */
  readonly times: Readonly<Record<string, number>>;
}

// A failure shows the actual value in full.
config.truncateThreshold = 0;

const options = JSON.parse(process.argv[2] ?? "{}") as WorkerOptions;
const times: Record<string, number> = {};
const failures: string[] = [];

/** Loads each file separately, so that one that can't be loaded is a failure with its name. */
async function load(): Promise<Mocha> {
  const { timeoutSeconds, bail, color, grep, files } = options;
  const mocha = new Mocha({ reporter: "spec", timeout: timeoutSeconds * 1000, bail, color });
  if (grep !== undefined) mocha.grep(new RegExp(grep));
  for (const file of files) {
    mocha.files = [file];
    await mocha.loadFilesAsync().catch((error: unknown) => {
      failures.push(`can't be loaded: ${String(error)}`);
      console.error(`\n${relative(testsFolder, file)} can't be loaded:`, error);
    });
  }
  return mocha;
}

function run(mocha: Mocha): Promise<Report> {
  return new Promise((done) => {
    const runner = mocha.run(() => {
      const { passes = 0, pending = 0 } = runner.stats ?? {};
      done({ passed: passes, skipped: pending, failures, times });
    });
    const started = new Map<Mocha.Suite, number>();
    runner.on("suite", (suite) => started.set(suite, performance.now()));
    runner.on("suite end", (suite) => {
      if (!suite.parent?.root || suite.file === undefined) return;
      const file = relative(testsFolder, suite.file);
      times[file] = (times[file] ?? 0) + Math.round(performance.now() - (started.get(suite) ?? 0));
    });
    if (options.evidence !== undefined) keepEvidence(runner, options.evidence);
    runner.on("fail", (test, error: Error) => failures.push(`${test.fullTitle()}: ${error.message}`));
  });
}

/** Collects evidence for a failure before any hook removes it, and adds its folder to the message. */
function keepEvidence(runner: Mocha.Runner, folder: string): void {
  runner.on("fail", (test, error: Error) => {
    const name = test.fullTitle().replace(/[^\w.-]+/g, "-");
    const own = join(folder, name.slice(0, 120));
    // Synchronous, so that no hook runs before the evidence is complete.
    spawnSync(process.execPath, [join(import.meta.dirname, "evidence.ts"), own], { timeout: 60_000, stdio: "inherit" });
    const former = error.message;
    error.message = `${former}\nWhat explains it: ${own}`;
    if (error.stack !== undefined) error.stack = error.stack.replace(former, () => error.message);
  });
}

const mocha = await load();
const report: Report = options.skip ? { passed: 0, skipped: mocha.suite.total(), failures, times } : await run(mocha);
// Output that still waits for a slow reader would be lost at the exit.
process.stdout.write("", () => process.send?.(report, () => process.exit()));
