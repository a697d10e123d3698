import { join } from "node:path";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { freePort } from "../../support/free-port.ts";
import type { Measured } from "../results.ts";
import { startChurn } from "./churn.ts";
import { withFewSeats } from "./few-seats.ts";
import type { Delays } from "./node-work.ts";
import { newUid, type PodIdentity } from "./pods.ts";
import { nodeName, othersOf } from "./population.ts";
import { startReconcilerProcess } from "./reconciler-process.ts";
import { type ClusterFigures, printCluster, summaryOf } from "./report.ts";
import { follow, restartAll } from "./restarts.ts";
import { simulateCluster } from "./simulated.ts";
import { type ClusterSizes, sizesOf } from "./sizes.ts";
import type { Usage } from "./usage.ts";

/** As measured on the lab: the start of a session, and the work for one Vnic. */
const delays: Delays = { start: 450, inject: 36, eject: 25, observe: 10, list: 5 };

const checkout = join(import.meta.dirname, "..", "..", "..");
const pollSeconds = 600;
const steadySeconds = 120;

/**
 * Measures the reconciler alone against a simulated cluster: its memory and CPU, its start, how fast it follows a rolling
 * restart, and what it does when the API server refuses requests.
 */
export async function measureCluster(divisor: number): Promise<Measured> {
  const sizes = sizesOf(divisor);
  console.log(`a cluster of ${JSON.stringify(sizes)}`);
  const cluster = await simulateCluster(sizes, delays);
  console.log("it is filled");
  const program = join(cluster.folder, "reconciler.mjs");
  await bundleReconciler(program);
  const port = await freePort();
  const reconciler = await startReconcilerProcess({ ...cluster, program, port });
  const readyAt = performance.now();
  const churn = startChurn(cluster.rest, sizes);
  try {
    const started = await reconciler.usage();
    console.log(
      `the reconciler works after ${Math.round(reconciler.startMilliseconds)} ms, ${inWords(started)}, ${JSON.stringify((await cluster.requests()).kinds)}`,
    );
    // All Vnics are looked at once after the start.
    const idle = async () => (await reconciler.metric('vnic_reconcile_queue_depth{kind="Vnic"}')) === 0;
    while (!(await idle())) await sleep(500);
    const startRequests = await cluster.requests();
    console.log(`it has looked at all Vnics after ${Math.round(performance.now() - readyAt)} ms`);
    await sleep(5000);

    console.log("steady");
    await cluster.forgetRequests();
    const cycleBegan = await reconciler.usage();
    const cycleBeganAt = performance.now();
    await sleep(steadySeconds * 1000);
    const cycleEnded = await reconciler.usage();
    const cycleSeconds = (performance.now() - cycleBeganAt) / 1000;
    const cycleRequests = await cluster.requests();
    console.log(
      `${cycleSeconds.toFixed(0)} s took ${(cycleEnded.cpuSeconds - cycleBegan.cpuSeconds).toFixed(1)} s of CPU, ${inWords(cycleEnded)}`,
    );

    console.log("rolling restart");
    const nodeOf = ({ name, namespace }: PodIdentity) =>
      nodeName(Math.abs(hashOf(`${namespace}/${name}`)) % sizes.nodes);
    const controlMilliseconds = await restartAll(cluster.rest, otherPods(sizes), nodeOf);
    while (!(await idle())) await sleep(500);
    await cluster.forgetRequests();
    const before = await reconciler.usage();
    const restart = await follow({
      ...{ rest: cluster.rest, vnics: cluster.vnics, nodeOf, timeoutSeconds: pollSeconds },
      served: evenly(cluster.served, sizes.restarts),
    });
    const after = await reconciler.usage();
    console.log(
      `${restart.delays.length} Vnics followed in ${(restart.milliseconds / 1000).toFixed(1)} s, ${restart.lost.length} didn't; ${inWords(after)}`,
    );
    const restartRequests = await cluster.requests();

    console.log("few seats");
    await cluster.forgetRequests();
    const refused = await withFewSeats(cluster.api, () =>
      follow({
        ...{ rest: cluster.rest, vnics: cluster.vnics, timeoutSeconds: pollSeconds },
        nodeOf: ({ name, namespace }) => nodeName(Math.abs(hashOf(`${namespace}/${name}/2`)) % sizes.nodes),
        served: evenly(cluster.served, Math.max(1, Math.round(sizes.restarts / 5))),
      }),
    );
    const refusedRequests = await cluster.requests();
    const ended = await reconciler.usage();
    const figures: ClusterFigures = {
      sizes,
      delays,
      start: { milliseconds: reconciler.startMilliseconds, usage: started, requests: startRequests },
      cycle: {
        seconds: cycleSeconds,
        cpuSeconds: cycleEnded.cpuSeconds - cycleBegan.cpuSeconds,
        usage: cycleEnded,
        requests: cycleRequests,
      },
      restart: {
        ...restart,
        pods: sizes.restarts,
        controlMilliseconds,
        cpuSeconds: after.cpuSeconds - before.cpuSeconds,
        requests: restartRequests,
      },
      refused: { ...refused, pods: refused.delays.length + refused.lost.length, requests: refusedRequests },
      ended,
      restarts: reconciler.restarts,
      mostSessions: cluster.nodes.mostOpen,
      errors: countOf(reconciler.errors()),
      load: loadavg(),
    };
    printCluster(figures);
    return { kept: summaryOf(figures), samples: figures };
  } finally {
    await churn.stop();
    await reconciler.stop();
    await cluster.stop();
  }
}

function inWords({ residentMegabytes, peakMegabytes }: Usage): string {
  return `${Math.round(residentMegabytes)} MB resident, at most ${Math.round(peakMegabytes)} MB`;
}

/** Makes the program as the image has it. */
async function bundleReconciler(outfile: string): Promise<void> {
  await build({
    entryPoints: [join(checkout, "provider/reconciler/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    minify: true,
    logLevel: "warning",
    banner: {
      js: `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`,
    },
  });
}

/** As many pods without a Vnic as there are restarts, for the control. */
function otherPods(sizes: ClusterSizes) {
  const namespaces = othersOf(sizes);
  return Array.from({ length: Math.min(sizes.restarts, sizes.otherPods) }, (_, index) => {
    const app = `service-${index % 7}`;
    const name = `${app}-${Math.floor(index / namespaces.length)}`;
    const namespace = namespaces[index % namespaces.length] ?? "";
    return { app, pod: { namespace, name, node: "", uid: newUid() } };
  });
}

/** Items from all parts of a list. */
function evenly<T>(items: readonly T[], count: number): T[] {
  return items.filter(
    (_, index) => Math.floor((index * count) / items.length) !== Math.floor(((index - 1) * count) / items.length),
  );
}

function hashOf(text: string): number {
  return [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 7);
}

/** How often each error occurred, with names and numbers left out. */
function countOf(errors: readonly string[]): Record<string, number> {
  const kinds = Map.groupBy(errors, (error) => error.replaceAll(/[\w-]+\/[\w.-]+|[0-9a-f]{8,}|\d+/g, "…"));
  return Object.fromEntries([...kinds].map(([kind, its]) => [kind.slice(0, 200), its.length]));
}
