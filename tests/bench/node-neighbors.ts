import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import { prepareKernel } from "../support/kernel/prepare.ts";
import { lan, planFor, type Pod, World } from "../support/kernel/world.ts";
import type { Block } from "./neighbors-report.ts";

/*
 * What a node does for one tenant's Vnic while it attaches many of another tenant. The node, its pods and its LAN are
 * network namespaces of this machine, and no Kubernetes is needed.
 */

/** An address of the world's LAN that nobody has. */
const address = lan.router.replace(/\d+$/, "20");
/** Number of Vnics that the greedy tenant attaches at once. */
export const nodeCrowd = 60;
/** Number of attachments that are measured before the load is switched on or off. */
export const perNodeBlock = 5;
/** How long the greedy tenant's Vnics are being attached before the measured one is requested. */
const headStartMilliseconds = 100;

/** How both tenants' Vnics are attached. */
export interface NodeLoad {
  readonly name: string;
  readonly plan: Partial<InjectPlan>;
}

const probed = { duplicateAddressDetection: true };
const unprobed = { duplicateAddressDetection: false };
const bridge = { network: { mode: "bridge", parent: "br7" } } as const;

export const nodeLoads: readonly NodeLoad[] = [
  { name: `${nodeCrowd} Vnics at once on its node, no probes`, plan: unprobed },
  { name: `${nodeCrowd} Vnics at once on its node, probes`, plan: probed },
  { name: `${nodeCrowd} Vnics at once on its node, mode bridge`, plan: { ...unprobed, ...bridge } },
];

/** Measures how long a node takes for a Vnic, alone and while it attaches many Vnics of another namespace, in turns. */
export async function measureOnNode(rounds: number, loads: readonly NodeLoad[]): Promise<Block[]> {
  await prepareKernel();
  const world = await World.makeWithParents();
  const blocks: Block[] = [];
  try {
    const [greedy, pod] = [await world.addPod(), await world.addPod()];
    for (let round = 1; round <= rounds; round++)
      for (const { name, plan } of loads) {
        const attach = () => attachOnce(world, pod, plan);
        const alone: number[] = [];
        const beside: number[] = [];
        for (let time = 1; time <= perNodeBlock; time++) {
          alone.push(await attach());
          beside.push(await whileAttaching(world, greedy, plan, attach));
        }
        blocks.push({ load: name, alone, beside });
        const words = (all: readonly number[]) => all.map((each) => each.toFixed(0)).join(" ");
        console.log(`round ${round} of ${rounds}: ${name}: alone ${words(alone)}, beside it ${words(beside)} ms`);
      }
  } finally {
    await world.close();
  }
  return blocks;
}

/** The time from the request to the answer that the NIC is in the pod; ejects it afterwards. */
async function attachOnce({ session }: World, pod: Pod, more: Partial<InjectPlan>): Promise<number> {
  const plan = planFor(pod, `${address}/24`, more);
  const began = performance.now();
  await session.inject(plan);
  const milliseconds = performance.now() - began;
  await session.eject({ vnic: plan.vnic });
  return milliseconds;
}

/** Runs `work` while the node attaches the greedy tenant's Vnics, all of which are requested at once. */
async function whileAttaching<T>(
  { session }: World,
  pod: Pod,
  more: Partial<InjectPlan>,
  work: () => Promise<T>,
): Promise<T> {
  const plans = Array.from({ length: nodeCrowd }, (_, index) =>
    planFor(pod, `10.9.${index}.1/24`, {
      ...more,
      vnic: { uid: randomUUID(), namespace: "greedy", name: `wire-${index}` },
      interfaceName: `net${index}`,
      mac: `02:00:5e:01:00:${index.toString(16).padStart(2, "0")}`,
    }),
  );
  const all = Promise.all(plans.map((plan) => session.inject(plan)));
  let isOver = false;
  void all.then(() => (isOver = true)).catch(() => undefined);
  await sleep(headStartMilliseconds);
  const result = await work();
  if (isOver) throw new Error("all Vnics of the greedy tenant were attached before the other's, so it wasn't measured");
  await all;
  await Promise.all(plans.map(({ vnic }) => session.eject({ vnic })));
  return result;
}
