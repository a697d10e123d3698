import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { linkAlias } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { openBench } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";
import { ChurnWorld } from "./churn-world.ts";
import type { Random } from "./random.ts";

const convergeSeconds = 60;
const stillSeconds = 30;

/**
 * Replaces Vnics, pods, sandboxes, Jobs and daemons at random. Afterwards everything must match the last declaration
 * within a minute, and stay so, and nothing else may be left. Returns the violations.
 */
export async function soakChurn(minutes: number, random: Random): Promise<string[]> {
  const bench = await openBench({ namespace: "soak-churn" });
  const reconciler = await startReconciler(bench.lab, { resyncSeconds: 20, replicas: 2 });
  const world = new ChurnWorld(bench, random);
  const faults: string[] = [];
  try {
    for (let pod = 0; pod < world.podCount; pod++) await world.runPod(pod);
    for (let vnic = 0; vnic < world.vnicCount; vnic++) await world.declare(vnic);
    await churn(world, reconciler, { minutes, random, events: Object.keys(world.events) });
    const { seconds, differences } = await converge(world, 2 * convergeSeconds);
    faults.push(...differences);
    if (seconds > convergeSeconds) faults.push(`it took ${seconds.toFixed(1)} s to converge`);
    faults.push(...(await lateChanges(world)));
    console.log(`at the end: ${await reconciler.usage()}`);
    await bench.kubectl("delete", "vnics", "--all", "--timeout=120s");
  } finally {
    await reconciler.stop();
    await bench.close();
  }
  await assertNoLeaks(bench.lab).catch((error: unknown) => faults.push(String(error)));
  return faults;
}

export interface Churn {
  readonly minutes: number;
  readonly random: Random;
  /** Names of the events of the world that may happen. */
  readonly events: readonly string[];
}

/** Lets random events happen, and prints now and then what the reconciler uses. */
export async function churn(world: ChurnWorld, reconciler: Reconciler, options: Churn): Promise<void> {
  const { minutes, random, events } = options;
  const done = new Map<string, number>(events.map((name) => [name, 0]));
  let late = 0;
  const endsAt = performance.now() + minutes * 60_000;
  let tellAt = 0;
  while (performance.now() < endsAt) {
    if (performance.now() > tellAt) {
      console.log(await reconciler.usage().catch((error: unknown) => String(error)));
      tellAt = performance.now() + 60_000;
    }
    await sleep(random.between(500, 4000));
    const name = random.pick(events);
    done.set(name, (done.get(name) ?? 0) + 1);
    await world.events[name]?.().catch(() => late++);
  }
  console.log(
    `events: ${[...done].map(([name, count]) => `${name} ${count}`).join(", ")}; of these ${late} came too late`,
  );
}

/**
 * Lets all pods run, and waits until everything is as declared, for at most that many seconds. Returns the differences
 * that are left, and how long it took after the last pod ran.
 */
export async function converge(world: ChurnWorld, mostSeconds: number) {
  await world.events["scaled up"]?.();
  await until("all pods to run", 180, async () => (await unready(world)).length === 0 || undefined);
  const began = performance.now();
  const isDone = async () => (await findDifferences(world)).length === 0 || undefined;
  await until("all to be as declared", mostSeconds, isDone).catch(() => undefined);
  const seconds = (performance.now() - began) / 1000;
  console.log(`converged ${seconds.toFixed(1)} s after the last pod ran`);
  return { seconds, differences: await findDifferences(world) };
}

async function unready(world: ChurnWorld): Promise<string[]> {
  const path = `{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}`;
  const lines = (await world.bench.kubectl("get", "pods", "-o", `jsonpath=${path}`)).split("\n");
  return [...world.pods.keys()].map((pod) => `pod-${pod}`).filter((pod) => !lines.includes(`${pod} True`));
}

/** Differences from the declaration, as seen from outside: in the pods, on a LAN host and in the records. */
async function findDifferences(world: ChurnWorld): Promise<string[]> {
  const [records, links] = await Promise.all([world.records(), world.links()]);
  const wrong: string[] = [];
  for (const vnic of world.vnics.keys()) {
    const record = records.find(({ metadata }) => metadata.name === `vnic-${vnic}`);
    const own = links.filter(({ mark }) => mark === linkAlias(record?.metadata.uid ?? ""));
    if (own.length !== 1 || own[0]?.pod !== world.podOf(vnic)) wrong.push(`vnic-${vnic} has ${own.length} links`);
    else if (!(await answersPing(world.bench.lab, "lan1", world.addressOf(vnic))))
      wrong.push(`vnic-${vnic} doesn't answer at ${world.addressOf(vnic)}`);
  }
  if (records.length !== world.vnics.size) wrong.push(`${records.length} records of ${world.vnics.size} Vnics`);
  if (links.length !== world.vnics.size) wrong.push(`${links.length} links of ${world.vnics.size} Vnics`);
  return wrong;
}

/** Changes that still happen after the last event. */
async function lateChanges(world: ChurnWorld): Promise<string[]> {
  const look = async () => ({
    records: (await world.records()).map(({ metadata }) => [metadata.name, metadata.resourceVersion]),
    links: await world.links(),
  });
  const before = await look();
  await sleep(stillSeconds * 1000);
  return isDeepStrictEqual(await look(), before) ? [] : [`records or links still change after it has converged`];
}
