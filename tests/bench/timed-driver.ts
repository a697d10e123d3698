import type { Attachment, Cluster } from "../../provider/cluster/cluster.ts";
import { Claims } from "../../provider/lifecycle/claim.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { awaitEnd } from "./ground.ts";
import { now } from "./clock.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** A driver with its own session pool, whose calls are recorded by the current stopwatch. */
export interface TimedDriver extends Driver {
  /** Records the driver's calls on this stopwatch from now on. */
  watch(watch: Stopwatch): void;
  /** Ends the sessions, and waits until their Jobs are gone. */
  close(): Promise<void>;
}

/** When one of the node side's steps begins, the previous stage is complete. */
const stageOfStep: Readonly<Record<string, string>> = {
  creating: "planned",
  moving: "linkMade",
  configuring: "moved",
  probing: "up",
  leasing: "configured",
  attached: "leased",
};

export function timedDriver(cluster: Cluster): TimedDriver {
  let current: Stopwatch | undefined;
  const mark = (stage: string, at?: number) => current?.mark(stage, at);
  const jobs: string[] = [];

  const timed: Cluster = {
    ...cluster,
    applyVnic: async (...record) => {
      mark("observed");
      const applied = await cluster.applyVnic(...record);
      mark("record");
      return applied;
    },
    createJob: async (job) => {
      jobs.push(job.metadata.name);
      await cluster.createJob(job);
      mark("jobCreated");
    },
    attach: async (...container) => {
      const attachment = await cluster.attach(...container);
      return attachment && timedAttachment(attachment, mark);
    },
    applyVnicStatus: async (...status) => {
      mark("result");
      return cluster.applyVnicStatus(...status);
    },
  };

  const sessions = new SessionPool(timed, { image: defaultImage });
  return {
    cluster: timed,
    sessions,
    claims: new Claims("the benchmark"),
    report: (text) => {
      const stage = stageOfStep[text.split(" ")[0] ?? ""];
      if (stage !== undefined) mark(stage);
    },
    watch: (watch) => {
      current = watch;
    },
    close: async () => {
      await sessions.close();
      await Promise.all(jobs.map((job) => awaitEnd(cluster, job)));
    },
  };
}

/**
 * The session's attachment is the first one with output; the API server starts each attachment with an empty message.
 */
function timedAttachment(attachment: Attachment, mark: (stage: string, at?: number) => void): Attachment {
  const openedAt = now();
  let hasAnswered = false;
  return {
    ...attachment,
    write: (text) => {
      attachment.write(text);
      if (text.includes('"verb":"inject"')) mark("planSent");
    },
    onOutput: (listener) =>
      attachment.onOutput((chunk) => {
        if (!hasAnswered && chunk.length > 0) {
          hasAnswered = true;
          mark("attached", openedAt);
          mark("sessionAnswers");
        }
        listener(chunk);
      }),
  };
}
