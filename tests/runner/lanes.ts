import { join } from "node:path";
import { labEnv, runLab } from "../lab/by-number.ts";
import { labNumber } from "../lab/layout.ts";
import { type Job, type Outcome, runJob } from "./job.ts";
import { Queue } from "./queue.ts";

/** How many labs work side by side while programs are being built, which then get the rest of the processors. */
const labsBesideBuilds = 2;

export interface LaneOptions {
  /** How many labs work side by side. */
  readonly labs: number;
  /** When this has ended, programs are no longer being built. */
  readonly builds: Promise<unknown>;
  /** When this has ended, one more lab takes part, because the processors then have room for it. */
  readonly room: Promise<unknown>;
  /** Resolves when the file can run, with false if it can't. */
  readonly readiness: (file: Job) => Promise<boolean>;
  /** Makes the job for a file that belongs to the run itself. */
  readonly job: (file: string) => Job;
  /** Called with each job's outcome when it ends. */
  readonly onOutcome: (job: Job, outcome: Outcome) => void;
  readonly isStopped: () => boolean;
  readonly warn: (text: string) => void;
}

/**
 * Runs test files on labs; each lab takes the next file when it is free. After that, a check on each lab asserts that
 * nothing is left on it. A file that takes its lab down, or starts another one beside it, disturbs no other file.
 *
 * If a further lab can't be started, that is reported, and the other labs run its files. If the first lab can't be
 * started, that is an error.
 */
export async function runOnLabs(files: readonly Job[], options: LaneOptions): Promise<void> {
  const { builds, room, readiness, job, onOutcome, isStopped, warn } = options;
  const labs = Math.max(1, Math.min(options.labs, files.length));
  const queue = new Queue(files, readiness);

  async function work(lab: number): Promise<void> {
    let count = 0;
    for (let next = await queue.take(); next && !isStopped(); next = await queue.take(), count++) await run(next, lab);
    if (count > 0) await run(job(join(import.meta.dirname, "aftermath.ts")), lab);
  }

  async function run(next: Job, lab: number): Promise<void> {
    const live = labs === 1;
    if (live) console.log(`\ntests/${next.name}`);
    const outcome = await runJob(next, { env: labEnv(lab), live });
    onOutcome(next, outcome);
    // The remains of a failed test could make all later tests on this lab fail.
    if (outcome.failures.length > 0 && queue.length > 0 && !isStopped()) await renew(lab);
  }

  async function renew(lab: number): Promise<void> {
    try {
      await runLab("down", lab);
      await runLab("up", lab);
    } catch (error) {
      warn(`after a failed file: ${String(error)}`); // The next file starts the lab, or fails with its own name.
    }
  }

  async function workBeside(lab: number): Promise<void> {
    try {
      await runLab("up", lab);
    } catch (error) {
      warn(`${String(error)}; the other labs do its work`);
      return runLab("down", lab).catch(() => undefined);
    }
    await work(lab);
    await runLab("down", lab).catch((error: unknown) => warn(String(error)));
  }

  /** Works when others have ended, if at least so many files are left then. */
  async function workAfter(others: Promise<unknown>, lab: number, files: number): Promise<void> {
    await others;
    if (queue.length >= files && !isStopped()) await workBeside(lab);
  }

  // The first lab stays up after the run.
  await runLab("up", labNumber);
  const lanes = [work(labNumber)];
  for (let count = 1; count < labs; count++) {
    const lab = labNumber + count;
    lanes.push(count < labsBesideBuilds ? workBeside(lab) : workAfter(builds, lab, 1));
  }
  // The start of one more lab is only worth it if enough is left.
  if (labs > 1) lanes.push(workAfter(Promise.all([builds, room]), labNumber + labs, labs + 1));
  // Not Promise.all, because a failure of one lab must not end the run while another is still working.
  const failure = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
}
