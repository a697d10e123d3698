import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { compileCache } from "../lab/cache.ts";
import type { Report, WorkerOptions } from "./worker.ts";

/** Test files that run together in one process. */
export interface Job extends WorkerOptions {
  readonly name: string;
  /** Time limit of the whole process, in seconds; only for hangs. */
  readonly hangSeconds: number;
  /** Its niceness (nice(1)), when it starts: with a higher one, others get most of the processors' time if they want it. */
  readonly niceness: () => number;
}

export interface Outcome extends Report {
  readonly output: string;
  readonly milliseconds: number;
}

/** Variables that a user or a CI system may have set for other work, and by which the tested programs do something else. */
const foreign =
  /^(VNIC_(?!FUZZ_)|PULUMI_(?!VNIC_)|HELM_|GIT_(DIR|INDEX_FILE|WORK_TREE)$|KUBECONFIG$|(NO|FORCE)_COLOR$)/;

/**
 * The environment of all tests. They start thousands of programs, most of which end soon: Go's collect garbage less
 * often, and Node.js keeps compiled code, unless the coverage is recorded, which would be less precise then.
 */
const environment: NodeJS.ProcessEnv = {
  GOGC: "400",
  GOMEMLIMIT: "1GiB",
  ...(process.env["NODE_V8_COVERAGE"] === undefined ? { NODE_COMPILE_CACHE: compileCache } : {}),
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
};

const running = new Set<ChildProcess>();

/** Stopping the run also stops the workers and the processes that they have started. */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => {
    running.forEach(killGroup);
    process.exit(1);
  });

/**
 * Runs a job. If its process ends without a report, or doesn't end, that counts as one failure, whose message contains
 * the output. `live`: print the output at once instead of returning it.
 */
export async function runJob(
  job: Job,
  { env = {}, live }: { env?: NodeJS.ProcessEnv; live: boolean },
): Promise<Outcome> {
  const started = performance.now();
  const { name, hangSeconds, niceness, ...options } = job;
  const child = spawn(process.execPath, [join(import.meta.dirname, "worker.ts"), JSON.stringify(options)], {
    stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe", "ipc"],
    env: { ...environment, ...env },
    detached: true, // A process group of its own can be killed as a whole.
  });
  running.add(child);
  if (child.pid !== undefined) setNiceness(child.pid, niceness());
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => output.push(chunk));
  let report: Report | undefined;
  child.on("message", (message) => (report = message as Report));
  let hung = false;
  const deadline = setTimeout(() => {
    hung = true;
    killGroup(child);
  }, hangSeconds * 1000);
  const [code, signal] = await ended(child);
  clearTimeout(deadline);
  killGroup(child);
  running.delete(child);
  const milliseconds = Math.round(performance.now() - started);
  const text = Buffer.concat(output).toString();
  if (report) return { ...report, output: text, milliseconds };
  const how = hung
    ? `did not end within ${hangSeconds} s`
    : `ended without a result (${signal ?? `exit code ${code}`})`;
  const failure = `\n${name}: its test process ${how}\n`;
  if (live) process.stderr.write(failure);
  return {
    passed: 0,
    skipped: 0,
    failures: [`its test process ${how}`],
    times: {},
    output: text + failure,
    milliseconds,
  };
}

/** Sets the niceness of a process and its future children. */
function setNiceness(pid: number, niceness: number): void {
  if (niceness === 0) return;
  try {
    setPriority(pid, niceness);
    // With autogroups (sched(7)), the niceness of a process counts only within its session; this is the session's.
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // The process has ended, or the kernel has no autogroups.
  }
}

/** Resolves with exit code and signal when the process has ended and its output was read. */
function ended(child: ChildProcess): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      child.once("close", () => resolve([code, signal]));
      // A program left running by the tests may keep the output open.
      setTimeout(() => resolve([code, signal]), 2000).unref();
    });
  });
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // All processes of the group have ended.
  }
}
