import { type Job, type Outcome, runJob } from "./job.ts";
import { longestFirst, shares } from "./order.ts";
import type { Preparation, TierFiles } from "./preparation.ts";
import { Queue } from "./queue.ts";
import type { Tier } from "./tiers.ts";

/** How many processes of files that compute run side by side. */
const computingAtOnce = 2;
/** How many processes of files that mostly wait run side by side: alone, and beside the tests on labs. */
const waitingAtOnce = { alone: 5, besideLabs: 3 } as const;

export interface LabFreeOptions {
  readonly preparation: Preparation;
  readonly jobFor: (tier: Tier, files: readonly string[]) => Job;
  /** Whether tests on labs run at the same time. */
  readonly besideLabs: boolean;
  /** Called with each job's outcome when it ends. */
  readonly onOutcome: (job: Job, outcome: Outcome) => void;
  readonly isStopped: () => boolean;
  /** Called when the files that compute or those that wait have ended, so that the processors have room for others. */
  readonly onRoom: () => void;
  /** Runs a job. @default {@link runJob} */
  readonly run?: typeof runJob;
}

/**
 * Runs tiers that need no lab. Files that mostly wait run beside those that compute. Otherwise the tiers begin in their
 * order, and in each the longest files first. A file that isn't prepared lets others pass.
 */
export async function runLabFree(wanted: readonly TierFiles[], options: LabFreeOptions): Promise<void> {
  const { preparation, jobFor, besideLabs, onOutcome, isStopped, onRoom, run = runJob } = options;
  const tasksOf = (some: readonly TierFiles[]): Task[] =>
    some.flatMap(({ tier, files }) =>
      longestFirst(
        partsOf({ tier, files }).map((part) => ({ tier, job: jobFor(tier, part) })),
        ({ job }) => job.name,
      ),
    );
  const isReady = async ({ tier, job: { files } }: Task): Promise<boolean> =>
    (await Promise.all(files.map((file) => preparation.ofFile(tier, file)))).every(Boolean);

  const computing = tasksOf(wanted.filter(({ tier }) => !tier.mostlyWaits));
  const waiting = tasksOf(wanted.filter(({ tier }) => tier.mostlyWaits));
  const live = computing.length + waiting.length === 1;

  async function work(queue: Queue<Task>): Promise<void> {
    for (let next = await queue.take(); next && !isStopped(); next = await queue.take()) {
      const { job } = next;
      if (live) console.log(`\ntests/${job.name}`);
      onOutcome(job, await run(job, { live }));
    }
  }

  async function runLane(tasks: readonly Task[], most: number): Promise<void> {
    const queue = new Queue(tasks, isReady);
    await Promise.all(Array.from({ length: most }, () => work(queue)));
    onRoom();
  }

  const waitingNow = besideLabs ? waitingAtOnce.besideLabs : waitingAtOnce.alone;
  await Promise.all([runLane(computing, computingAtOnce), runLane(waiting, waitingNow)]);
}

interface Task {
  readonly tier: Tier;
  readonly job: Job;
}

/** Divides a tier's files among processes. A file that needs more than its tier has its own, so that only it waits. */
function partsOf({ tier, files }: TierFiles): string[][] {
  // A unit test may end the recording of coverage in its process, which would then be lost for all files there.
  const mayEndCoverage = tier.name === "unit" && process.env["NODE_V8_COVERAGE"] !== undefined;
  if (tier.processes === undefined || mayEndCoverage) return files.map((file) => [file]);
  const own = files.filter((file) => tier.prepareFile?.(file) !== undefined);
  const together = files.filter((file) => !own.includes(file));
  return [...shares(together, tier.processes), ...own.map((file) => [file])];
}
