import type { Attachment, Cluster } from "../../provider/cluster/cluster.ts";
import { Claims } from "../../provider/lifecycle/claim.ts";
import type { Driver } from "../../provider/lifecycle/driver.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { awaitEnd } from "./ground.ts";
import { now } from "./clock.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** A driver with a session pool of its own, seen from outside: whatever it does is noted on the watch of the moment. */
export interface TimedDriver extends Driver {
  /** Notes on this watch from now on. */
  watch(watch: Stopwatch): void;
  /** Ends the sessions, and waits until their Jobs are gone. */
  close(): Promise<void>;
}

/** The node side's step, when it begins, means that the one before is done. */
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
      await cluster.applyVnicStatus(...status);
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

/** The attachment that leads to the session is the one with output; the API server begins each with an empty message. */
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
