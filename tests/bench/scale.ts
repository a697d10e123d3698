import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import { nodes } from "../lab/layout.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { define } from "../support/lifecycle.ts";
import { podNetns } from "../support/pod-netns.ts";
import { type DeclaredVnic, Stack } from "../support/stack.ts";
import { DoNothing } from "./do-nothing.ts";
import { onLab, subnet } from "./ground.ts";
import { type HandMade, makeLinks, removeLinks } from "./kernel-work.ts";
import { callsOf, type Observed, type Stage, stages, stagesOf } from "./profile-stages.ts";
import { keepResults, machineInWords, writeResults } from "./results.ts";
import { plotScale, printScale, type ScaleRound, summarizeScale, type Times } from "./scale-report.ts";
import { printTable, shown } from "./table.ts";

const namespace = "bench-scale";
/** How many Vnics a pod has. */
const perPod = 10;
const timeoutSeconds = 3600;

export interface ScaleOptions {
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Whether to keep the results as those that the documentation shows. */
  readonly keep: boolean;
}

/**
 * Measures `up`, a preview without a change, `refresh` and `destroy` of many Vnics in one stack, ten for each pod, on all
 * nodes, beside as many resources that do nothing and as many links made by hand.
 */
export async function measureScale({ sizes, rounds, keep }: ScaleOptions): Promise<void> {
  await onLab(namespace, async ({ bench, kubeconfig }) => {
    const pods = Array.from({ length: Math.ceil(Math.max(...sizes) / perPod) }, (_, index) => ({
      name: `app-${index}`,
      node: nodes[index % nodes.length] ?? "node1",
      netns: "",
    }));
    for (let some = 0; some < pods.length; some += 10)
      await Promise.all(pods.slice(some, some + 10).map(({ name, node }) => bench.runPod(name, node)));
    for (const pod of pods) pod.netns = await podNetns(bench, pod.name, pod.node);
    const proxy = await FaultProxy.start();
    const stack = await Stack.create({ kubeconfig: await proxy.kubeconfigFile(kubeconfig), timeoutSeconds });
    const nothing = await DoNothing.create({ kubeconfig, provider: "complete", timeoutSeconds });

    const measured: ScaleRound[] = [];
    const stageTables: Record<number, ReturnType<typeof tablesOf>> = {};
    try {
      // The first run of each fills caches.
      await stack.declare(wiresOf(1, pods).map(declared));
      await timesOf(stack);
      await nothing.declare(1);
      await timesOf(nothing.stack);
      for (let round = 1; round <= rounds; round++)
        for (const size of sizes) {
          const [load = 0] = loadavg();
          await nothing.declare(size);
          const doingNothing = await timesOf(nothing.stack);
          const kernel = await byHand(wiresOf(size, pods), pods);
          await stack.declare(wiresOf(size, pods).map(declared));
          const observed: Observed[] = [];
          const vnics = await timesOf(stack, async (up) => {
            proxy.exchanges.length = proxy.sent.length = 0;
            const beganAt = performance.now();
            await up();
            const endedAt = performance.now();
            observed.push({ beganAt, endedAt, exchanges: [...proxy.exchanges], sent: [...proxy.sent] });
          });
          for (const up of observed) stageTables[size] = tablesOf(size, up);
          measured.push({ size, vnics, nothing: doingNothing, kernel, load });
          console.log(`\nround ${round} of ${rounds}, load ${load.toFixed(1)} at its start`);
          // All rounds of this size so far, because an interrupted benchmark prints nothing at its end.
          printScale(summarizeScale(measured.filter((one) => one.size === size)));
          // The sessions' Jobs are just ending.
          await sleep(2000);
        }
    } finally {
      await stack.destroy();
      await Promise.all([stack.remove(), nothing.remove()]);
      await proxy.stop();
    }
    const summary = summarizeScale(measured);
    if (rounds > 1 || sizes.length > 1) printScale(summary);
    const results = { perPod, nodes: nodes.length, summary, stages: stageTables, rounds: measured };
    await writeResults("scale", results);
    if (keep) await keepResults("scale", results, plotScale(measured, machineInWords()));
  });
}

interface Pod {
  readonly name: string;
  readonly node: (typeof nodes)[number];
  readonly netns: string;
}

/** Runs the operations one after the other, and returns the milliseconds that each took. */
async function timesOf(
  stack: Stack,
  watchUp: (up: () => Promise<unknown>) => Promise<void> = async (up) => void (await up()),
): Promise<Times> {
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const beganAt = performance.now();
    await work();
    return performance.now() - beganAt;
  };
  return {
    up: await timed(() => watchUp(() => stack.up())),
    preview: await timed(() => stack.must("preview", "--expect-no-changes")),
    refresh: await timed(() => stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes")),
    destroy: await timed(() => stack.destroy()),
  };
}

/** Makes and removes the links by hand on all nodes at once, and returns how long the slowest node took. */
async function byHand(wires: readonly Definition[], pods: readonly Pod[]): Promise<ScaleRound["kernel"]> {
  const podOf = new Map(pods.map((pod) => [pod.name, pod]));
  const links = Map.groupBy(wires, ({ pod }) => podOf.get(pod.name)?.node ?? "node1");
  const onAll = async (work: (its: HandMade[], node: Pod["node"]) => Promise<number>) =>
    Math.max(
      ...(await Promise.all(
        [...links].map(([node, its]) =>
          work(
            its.map((definition) => ({ definition, netns: podOf.get(definition.pod.name)?.netns ?? "" })),
            node,
          ),
        ),
      )),
    );
  return {
    up: await onAll(async (its, node) => (await makeLinks(its, node)).laps["configured"] ?? NaN),
    destroy: await onAll(async (its, node) => (await removeLinks(its, node)).laps["removed"] ?? NaN),
  };
}

/** The stages and requests of an `up`, printed and returned. */
function tablesOf(size: number, observed: Observed) {
  const found = stagesOf(observed);
  console.log(`\nup of ${size}: stages in milliseconds\n`);
  printTable(
    ["stage", "ms"],
    (Object.keys(found) as Stage[]).map((stage) => [stages[stage], shown(found[stage] ?? NaN)]),
  );
  const calls = Object.entries(callsOf(observed)).sort(([, one], [, other]) => other.busy - one.busy);
  console.log(`\nup of ${size}: requests\n`);
  printTable(
    ["request", "number", "for each Vnic", "p50 of its time × number, ms"],
    calls.map(([kind, { count, busy }]) => [kind, String(count), (count / size).toFixed(2), shown(busy)]),
  );
  return { stages: found, calls: Object.fromEntries(calls) };
}

/** Vnics with an interface name, because two derived names may be equal among many in one pod. */
function wiresOf(count: number, pods: readonly Pod[]): Definition[] {
  return Array.from({ length: count }, (_, index) => {
    // Few Vnics are in few pods, and all nodes have some.
    const used = Math.max(1, Math.ceil(count / perPod));
    const pod = { namespace, name: pods[index % used]?.name ?? "" };
    return define({
      name: `wire-${index}`,
      pod,
      interfaceName: `lan${Math.floor(index / used)}`,
      // A thousand NICs on one LAN would receive each probe.
      duplicateAddressDetection: false,
      addresses: [`${subnet}.${16 + Math.floor(index / 200)}.${1 + (index % 200)}/16`],
    });
  });
}

function declared(definition: Definition): DeclaredVnic {
  const { name, pod, network, interfaceName, addresses, duplicateAddressDetection } = definition;
  return { resource: name, args: { pod, network, interfaceName, addresses, duplicateAddressDetection } };
}
