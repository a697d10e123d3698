import { setTimeout as sleep } from "node:timers/promises";
import { readyOf } from "../../provider/model/vnic/pending.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { nodes } from "../lab/layout.ts";
import { define } from "../support/lifecycle.ts";
import { podNetns } from "../support/pod-netns.ts";
import { startReconciler } from "../support/reconciler.ts";
import { Stack } from "../support/stack.ts";
import { onLab, subnet } from "./ground.ts";
import { makeLinksOnAll, type PlacedLink, removeLinksOnAll } from "./kernel-work.ts";
import { cpuTimes } from "./observe.ts";
import type { Measured } from "./results.ts";
import { countRequests, difference } from "./server-requests.ts";
import { printSets, type SetsRound, summarizeSets } from "./sets-report.ts";

const namespace = "bench-sets";
/** Each set gives each pod one NIC. */
const setCount = 10;
const timeoutSeconds = 3600;
const label = { bench: "sets" };
/** The engine's default, four for each core, would let some sets wait until others are complete. */
const parallel = ["--parallel", String(setCount)];

const program = `
const { VnicSet } = require("pulumi-vnic");
for (const { resource, args } of JSON.parse(require("fs").readFileSync("vnics.json", "utf8"))) new VnicSet(resource, args);
`;

/**
 * Measures `up` and `destroy` of ten VnicSets, whose Vnics the reconciler makes, beside as many links made by hand on all
 * nodes at once.
 */
export async function measureSets(size: number, rounds: number): Promise<Measured> {
  return onLab(namespace, async ({ bench, kubeconfig }) => {
    const pods = Array.from({ length: Math.ceil(size / setCount) }, (_, index) => ({
      name: `app-${index}`,
      node: nodes[index % nodes.length] ?? "node1",
    }));
    for (let some = 0; some < pods.length; some += 10)
      await Promise.all(pods.slice(some, some + 10).map(({ name, node }) => bench.runPod(name, node)));
    await bench.kubectl("label", "pods", "--all", ...Object.entries(label).map((pair) => pair.join("=")));
    const links: PlacedLink[] = [];
    for (const { name, node } of pods) {
      const netns = await podNetns(bench, name, node);
      for (let set = 0; set < setCount; set++)
        links.push({ node, netns, definition: definitionOf(name, set, links.length) });
    }
    const reconciler = await startReconciler(bench.lab);
    const stack = await Stack.create({ kubeconfig, program, timeoutSeconds });
    const samples: SetsRound[] = [];
    try {
      await stack.declare(Array.from({ length: setCount }, (_, set) => declared(set)));
      for (let round = 1; round <= rounds; round++) {
        const kernel = { up: await makeLinksOnAll(links), destroy: await removeLinksOnAll(links) };
        const requestsBefore = await countRequests(bench);
        const cpuBefore = await cpuTimes();
        const beganAt = Date.now();
        await stack.up(...parallel);
        const endedAt = Date.now();
        const cpu = (await cpuTimes()).machine - cpuBefore.machine;
        const requests = difference(requestsBefore, await countRequests(bench));
        const { items } = JSON.parse(await bench.kubectl("get", "vnics", "-o", "json")) as { items: StoredVnic[] };
        if (items.length !== links.length) throw new Error(`${items.length} of ${links.length} Vnics exist`);
        const destroyedFrom = Date.now();
        await stack.destroy(...parallel);
        const destroy = Date.now() - destroyedFrom;
        samples.push({ size: links.length, up: stagesOf(items, beganAt, endedAt), destroy, kernel, cpu, requests });
        console.log(`round ${round} of ${rounds}; ${await reconciler.usage()}`);
        // The sessions' Jobs are just ending.
        await sleep(2000);
      }
    } finally {
      await stack.destroy();
      await stack.remove();
      await reconciler.stop();
    }
    printSets(samples);
    return { kept: { sets: setCount, nodes: nodes.length, summary: summarizeSets(samples) }, samples };
  });
}

/** When an `up` had what, in milliseconds since its start. The API server's times are whole seconds. */
function stagesOf(records: readonly StoredVnic[], beganAt: number, endedAt: number): SetsRound["up"] {
  const since = (time = "") => Math.max(0, Date.parse(time) - beganAt);
  const made = records.map(({ metadata }) => since(metadata.creationTimestamp));
  const ready = records.map(({ status }) => since(readyOf(status)?.lastTransitionTime));
  return {
    firstRecord: Math.min(...made),
    lastRecord: Math.max(...made),
    firstReady: Math.min(...ready),
    lastReady: Math.max(...ready),
    end: endedAt - beganAt,
  };
}

/** What the sets make is also made by hand, with the same kind of link and as many addresses. */
function definitionOf(pod: string, set: number, index: number) {
  return define({
    name: `by-hand-${index}`,
    pod: { namespace, name: pod },
    interfaceName: `lan${set}`,
    duplicateAddressDetection: false,
    addresses: [`${subnet}.${100 + set}.${1 + Math.floor(index / setCount)}/16`],
  });
}

function declared(set: number) {
  return {
    resource: `wires-${set}`,
    args: {
      namespace,
      selector: label,
      // A thousand NICs on one LAN would receive each probe.
      template: { network: { parent: "eth1" }, interfaceName: `lan${set}`, duplicateAddressDetection: false },
      addresses: [{ cidr: `${subnet}.0.0/16`, from: `${subnet}.${100 + set}.1`, to: `${subnet}.${100 + set}.254` }],
      deadlines: { createSeconds: timeoutSeconds, deleteSeconds: timeoutSeconds },
    },
  };
}
