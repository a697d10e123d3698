import { randomBytes } from "node:crypto";
import { sessionContainer, type SessionJob } from "../../provider/model/kubernetes/session-job.ts";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { systemNamespace } from "../../provider/model/names.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { until } from "../lab/run.ts";
import { kubectl } from "../support/cluster.ts";
import type { Bench } from "../support/lifecycle.ts";
import { someSessionJob } from "../support/session-job.ts";
import { fromRfc3339 } from "./clock.ts";
import { awaitEnd, node } from "./ground.ts";
import { type Laps, Stopwatch } from "./stopwatch.ts";

const command = ["/bin/busybox", "echo", "here"];

/** The smallest Job that prints a line on the node: no volume, no token, host network. */
function bareJob(name: string): object {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          nodeName: node,
          hostNetwork: true,
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          containers: [{ name: sessionContainer, image: defaultImage, imagePullPolicy: "IfNotPresent", command }],
        },
      },
    },
  };
}

/**
 * The session's Job with its mounts and privileges. It prints the same line as the smallest Job instead of running the
 * node side.
 */
function mountedJob(name: string): SessionJob {
  const layout = parseLayout(kindOf(node).layout);
  const job = structuredClone(someSessionJob({ name, node, layout }));
  Object.assign(job.spec.template.spec.containers[0], { command });
  return job;
}

export type EmptyJob = "bare" | "mounted";

/** Measures from the POST of an empty Job to its first log line, by the container runtime's timestamps. */
export async function measureEmptyJob({ driver, lab }: Bench, kind: EmptyJob): Promise<Laps> {
  const { cluster } = driver;
  const name = `bench-${kind}-${randomBytes(4).toString("hex")}`;
  const job = kind === "bare" ? bareJob(name) : mountedJob(name);
  const named = { ...job, metadata: { name, namespace: systemNamespace } };

  const watch = new Stopwatch();
  await cluster.createJob(named as unknown as SessionJob);
  watch.mark("created");
  try {
    const pod = await until(`Job ${name} to have ended`, 30, async () => {
      const found = await cluster.findJobPod(name);
      return found?.status?.phase === "Succeeded" ? found.metadata?.name : undefined;
    });
    const log = await kubectl(lab.kubectl, ["-n", systemNamespace, "logs", pod, "--timestamps"]);
    watch.mark("firstLine", fromRfc3339(log.split(" ")[0] ?? ""));
  } finally {
    await cluster.deleteJob(name);
  }
  await awaitEnd(cluster, name);
  return watch.laps;
}
