import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { apiVersion } from "../../provider/model/names.ts";
import { maxItems } from "../../provider/model/schema/bounds.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import { specOf, vnicRef } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { applyObjects } from "../support/cluster.ts";
import { installAgent, removeAgent } from "../support/dhcp.ts";
import { type Bench, define, openBench } from "../support/lifecycle.ts";
import { startReconciler } from "../support/reconciler.ts";
import { now, synchronise } from "./clock.ts";
import { awaitFirstReply, forgetNeighbour, howRepliesAreMeasured, addNeighbourEntry } from "./first-reply.ts";
import { node, onLab, subnet } from "./ground.ts";
import { type Block, printNeighbors } from "./neighbors-report.ts";
import { measureOnNode, nodeCrowd, nodeLoads, perNodeBlock } from "./node-neighbors.ts";
import type { Measured } from "./results.ts";

const namespace = "bench-neighbor";
const greedyNamespace = "bench-greedy";
const host = `${subnet}.0.5`;
const wire = define({ name: "wire", pod: { namespace, name: "app" }, addresses: [`${host}/16`] });
/** Number of Vnics of the greedy tenant, which is more than a node works on at once. */
const crowd = 40;
/** Number of attachments that are measured before the load is switched on or off. */
const perBlock = 5;
/** How long the greedy tenant is active before the first measurement. */
const headStartMilliseconds = 3000;

/** The objects and writes of the greedy tenant. */
interface Load {
  readonly name: string;
  /** The tenant's objects, without their namespace. */
  readonly objects: readonly { readonly kind: string; readonly name: string; readonly spec: object }[];
  /** Whether the tenant also writes to the first object continuously. */
  readonly patches?: boolean;
}

const times = <T>(count: number, item: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => item(index));
const pod = { name: "app" };
const exclude = times(maxItems.exclusions, (index) => `10.62.${100 + (index >> 7)}.${2 * (index & 127)}`);
const vnics = (spec: (index: number) => object) =>
  times(crowd, (index) => ({
    kind: "Vnic",
    name: `wire-${index}`,
    spec: { pod, interfaceName: `g${index}`, ...spec(index) },
  }));

const loads: readonly Load[] = [
  {
    name: `${crowd} Vnics with a typo in parent`,
    objects: vnics((index) => ({ network: { parent: "eth99" }, addresses: [`10.62.1.${index + 1}/24`] })),
  },
  {
    name: `10 VnicSets with ${maxItems.exclusions} exclusions each`,
    patches: true,
    objects: times(10, (index) => ({
      kind: "VnicSet",
      name: `set-${index}`,
      spec: {
        selector: { app: "greedy" },
        addresses: [{ cidr: "10.62.0.0/16", exclude }],
        template: { network: { parent: "eth1" }, interfaceName: `s${index}` },
      },
    })),
  },
  {
    name: `a Vnic with ${maxItems.routes} routes, patched all the time`,
    patches: true,
    objects: [
      {
        kind: "Vnic",
        name: "routed",
        spec: {
          pod,
          interfaceName: "routed",
          network: { parent: "eth1" },
          addresses: ["10.62.1.1/16"],
          routes: times(maxItems.routes, (index) => ({ to: `11.${index >> 8}.${index & 255}.0/24`, via: "10.62.0.1" })),
        },
      },
    ],
  },
  {
    name: `${crowd} DHCP Vnics without a server`,
    objects: vnics(() => ({ network: { parent: "dead0" }, dhcp: {} })),
  },
];

/**
 * Measures how long a tenant's Vnic takes, alone and beside another tenant: on its node, and with the reconciler.
 *
 * @param word Only loads whose name contains this word are measured.
 */
export async function measureNeighbors(rounds: number, word = ""): Promise<Measured> {
  const isChosen = ({ name }: { readonly name: string }) => name.includes(word);
  const [onNode, chosen] = [nodeLoads.filter(isChosen), loads.filter(isChosen)];
  if (onNode.length + chosen.length === 0) {
    const names = [...nodeLoads, ...loads].map(({ name }) => name).join(", ");
    throw new Error(`no load is called ${JSON.stringify(word)}: ${names}`);
  }
  const nodeBlocks = onNode.length > 0 ? await measureOnNode(rounds, onNode) : [];
  const blocks = chosen.length > 0 ? await measureReconciler(rounds, chosen) : [];
  const nodeSummary = onNode.length > 0 ? printNeighbors(nodeBlocks, "from the request to its node to the answer") : [];
  const summary = chosen.length > 0 ? printNeighbors(blocks, "from its creation to the first external reply") : [];
  const measuredOnNode = { perBlock: perNodeBlock, crowd: nodeCrowd, summary: nodeSummary };
  return {
    kept: { perBlock, crowd, howRepliesAreMeasured, summary, measuredOnNode },
    samples: [...nodeBlocks, ...blocks],
  };
}

/**
 * Measures how long the reconciler takes to attach a tenant's Vnic, alone and while another tenant keeps reconciler
 * and node busy, in turns.
 */
async function measureReconciler(rounds: number, chosen: readonly Load[]): Promise<Block[]> {
  return onLab(namespace, async ({ bench, kubeconfig }) => {
    const greedy = await openBench({ namespace: greedyNamespace, kubeconfig });
    // A network without a server: `dead0` leads only to its other end `dead1`.
    await bench.lab.exec(node, ["ip", "link", "add", "dead0", "type", "veth", "peer", "name", "dead1"]);
    for (const end of ["dead0", "dead1"]) await bench.lab.exec(node, ["ip", "link", "set", end, "up"]);
    await installAgent(bench.lab);
    const reconciler = await startReconciler(bench.lab);
    const blocks: Block[] = [];
    try {
      await Promise.all([bench.runPod(pod.name, node), greedy.runPod(pod.name, node)]);
      await greedy.kubectl("label", "pod", pod.name, "app=greedy", "--overwrite");
      await addNeighbourEntry(host, wire.mac);
      for (let round = 1; round <= rounds; round++)
        for (const load of chosen) {
          const alone = await measureBlock(bench);
          const beside = await withLoad(greedy, load, () => measureBlock(bench));
          blocks.push({ load: load.name, alone, beside });
          console.log(
            `round ${round} of ${rounds}: ${load.name}: alone ${words(alone)}, beside it ${words(beside)} ms`,
          );
        }
    } finally {
      await forgetNeighbour(host).catch(() => undefined);
      await removeObjects(bench);
      await removeObjects(greedy);
      await reconciler.stop();
      await removeAgent(bench.lab);
      await bench.lab.exec(node, ["ip", "link", "del", "dead0"]);
      await greedy.close();
    }
    return blocks;
  });
}

/** Attaches and removes the Vnic; the first time isn't measured, because it starts the session with the node. */
async function measureBlock(bench: Bench): Promise<number[]> {
  const measured: number[] = [];
  for (let time = 0; time <= perBlock; time++) {
    synchronise();
    const milliseconds = await attachOnce(bench, wire);
    if (time > 0) measured.push(milliseconds);
  }
  return measured;
}

/** The time from the request that creates the record to the first reply from the LAN. */
async function attachOnce({ lab, driver }: Bench, definition: Definition): Promise<number> {
  const { cluster } = driver;
  const ref = vnicRef(definition);
  const reply = await awaitFirstReply(lab, host);
  try {
    const began = now();
    const metadata = { ...ref };
    const { metadata: stored } = await cluster.applyVnic(
      { apiVersion, kind: "Vnic", metadata, spec: specOf(definition) },
      { force: false },
    );
    const repliedAt = await reply.at;
    await until("the Vnic to be ready", 60, async () =>
      (await cluster.findVnic(ref))?.status?.conditions.some(
        ({ type, status }) => type === "Ready" && status === "True",
      )
        ? true
        : undefined,
    );
    await cluster.deleteVnic(ref, stored.uid);
    await until("the Vnic to be gone", 60, async () => ((await cluster.findVnic(ref)) ? undefined : true));
    return repliedAt - began;
  } finally {
    reply.stop();
  }
}

/** Runs `work` while the greedy tenant keeps reconciler and node busy. */
async function withLoad<T>(greedy: Bench, { objects, patches }: Load, work: () => Promise<T>): Promise<T> {
  await applyObjects(
    greedy.lab.kubectl,
    objects.map(({ kind, name, spec }) => ({
      apiVersion,
      kind,
      metadata: { namespace: greedyNamespace, name },
      spec,
    })),
  );
  await sleep(headStartMilliseconds);
  let isOver = false;
  const patching = (async () => {
    const first = objects[0];
    while (patches && !isOver && first) {
      const patch = JSON.stringify({ metadata: { labels: { change: randomUUID() } } });
      await greedy.kubectl("patch", first.kind, first.name, "--type=merge", "-p", patch);
      await sleep(500);
    }
  })();
  try {
    return await work();
  } finally {
    isOver = true;
    await patching.catch(() => undefined);
    await removeObjects(greedy);
  }
}

async function removeObjects({ kubectl }: Bench): Promise<void> {
  for (const kind of ["vnicsets", "vnics"]) await kubectl("delete", kind, "--all", "--timeout=300s");
}

function words(milliseconds: readonly number[]): string {
  return milliseconds.map((each) => each.toFixed(0)).join(" ");
}
