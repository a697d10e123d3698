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
import { makeLinksOnAll, type PlacedLink, removeLinksOnAll } from "./kernel-work.ts";
import { type Observed, observe } from "./observe.ts";
import { machineInWords, type Measured } from "./results.ts";
import { plotScale, printScale, type ScaleRound, summarizeScale, timesOf } from "./scale-report.ts";
import { type Runs, tablesOf } from "./scale-stages.ts";

const namespace = "bench-scale";
/** How many Vnics a pod has. */
const perPod = 10;
const timeoutSeconds = 3600;

/**
 * Measures `up`, a preview without a change, `refresh` and `destroy` of many Vnics in one stack, ten for each pod, on all
 * nodes, beside as many resources that do nothing and as many links made by hand.
 */
export async function measureScale(sizes: readonly number[], rounds: number): Promise<Measured> {
  return onLab(namespace, async ({ bench, kubeconfig }) => {
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
    const observed = (work: () => Promise<unknown>) => observe(proxy, work);
    try {
      // The first run of each fills caches.
      await stack.declare(wiresOf(1, pods).map(declared));
      await runAll(stack, observed);
      await nothing.declare(1);
      await runAll(nothing.stack, observed);
      for (let round = 1; round <= rounds; round++)
        for (const size of sizes) {
          const [load = 0] = loadavg();
          await nothing.declare(size);
          const doingNothing = await runAll(nothing.stack, observed);
          const kernel = await byHand(wiresOf(size, pods), pods);
          await stack.declare(wiresOf(size, pods).map(declared));
          const vnics = await runAll(stack, observed);
          stageTables[size] = tablesOf(size, vnics, doingNothing);
          measured.push({ size, vnics: timesOf(vnics), nothing: timesOf(doingNothing), kernel, load });
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
    const kept = { perPod, nodes: nodes.length, summary, stages: stageTables, rounds: measured };
    return { kept, samples: measured, plot: plotScale(measured, machineInWords()) };
  });
}

interface Pod {
  readonly name: string;
  readonly node: (typeof nodes)[number];
  readonly netns: string;
}

/** Runs the operations one after the other. */
async function runAll(stack: Stack, observed: (work: () => Promise<unknown>) => Promise<Observed>): Promise<Runs> {
  return {
    up: await observed(() => stack.up()),
    preview: await observed(() => stack.must("preview", "--expect-no-changes")),
    refresh: await observed(() => stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes")),
    destroy: await observed(() => stack.destroy()),
  };
}

/** Makes and removes the links by hand on all nodes at once, and returns how long the slowest node took. */
async function byHand(wires: readonly Definition[], pods: readonly Pod[]): Promise<ScaleRound["kernel"]> {
  const podOf = new Map(pods.map((pod) => [pod.name, pod]));
  const links = wires.map((definition): PlacedLink => {
    const { node = "node1", netns = "" } = podOf.get(definition.pod.name) ?? {};
    return { definition, node, netns };
  });
  return { up: await makeLinksOnAll(links), destroy: await removeLinksOnAll(links) };
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
