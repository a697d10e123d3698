import { join } from "node:path";
import { type Job, type Outcome, runJob } from "./job.ts";
import { labEnv, runLab } from "./labs.ts";

export interface LaneOptions {
  /** How many labs work side by side. */
  readonly labs: number;
  /** The job for a file that belongs to the run itself. */
  readonly job: (file: string) => Job;
  /** Called with each job's outcome when it ends. */
  readonly tell: (job: Job, outcome: Outcome) => void;
  readonly isStopped: () => boolean;
  readonly warn: (text: string) => void;
}

/**
 * Works off test files on labs: each lab takes the next file when it is free. Then each checks that nothing is left in
 * it. When all have ended, `closing` follows on the first lab: files that take it down, or need another lab beside it.
 *
 * A further lab that can't be started is said, and its share done by the others; what fails with the first is an error.
 */
export async function runOnLabs(files: readonly Job[], closing: readonly Job[], options: LaneOptions): Promise<void> {
  const { job, tell, isStopped, warn } = options;
  const labs = Math.max(1, Math.min(options.labs, files.length));
  const queue = [...files];

  async function work(index: number): Promise<void> {
    let count = 0;
    for (let next = queue.shift(); next && !isStopped(); next = queue.shift(), count++) await run(next, index);
    if (count > 0) await run(job(join(import.meta.dirname, "aftermath.ts")), index);
  }

  async function run(next: Job, index: number): Promise<void> {
    const live = labs === 1;
    if (live) console.log(`\ntests/${next.name}`);
    const outcome = await runJob(next, { env: labEnv(index), live });
    tell(next, outcome);
    // What it has left would make all following tests on this lab fail, and hide which of them fail by themselves.
    if (outcome.failures.length > 0 && queue.length > 0 && !isStopped()) await renew(index);
  }

  async function renew(index: number): Promise<void> {
    try {
      await runLab("down", index);
      await runLab("up", index);
    } catch (error) {
      warn(`after a failed file: ${String(error)}`); // the next file starts it, or fails by name
    }
  }

  async function workBeside(index: number): Promise<void> {
    try {
      await runLab("up", index);
    } catch (error) {
      warn(`${String(error)}; the other labs do its work`);
      return runLab("down", index).catch(() => undefined);
    }
    await work(index);
    await runLab("down", index).catch((error: unknown) => warn(String(error)));
  }

  await runLab("up", 0);
  const lanes = [work(0), ...Array.from({ length: labs - 1 }, (_, index) => workBeside(index + 1))];
  // Not Promise.all, because a failure of one lab must not end the run while another is still working.
  const failure = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
  for (const next of closing) if (!isStopped()) await run(next, 0);
}
