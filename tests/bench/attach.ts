import { setTimeout as sleep } from "node:timers/promises";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { dhcpServer, installAgent, removeAgent } from "../support/dhcp.ts";
import { type Bench, define } from "../support/lifecycle.ts";
import { podNetns } from "../support/pod-netns.ts";
import { printAttach, type Round } from "./attach-report.ts";
import { synchronise } from "./clock.ts";
import { measureEmptyJob } from "./empty-job.ts";
import { awaitFirstReply, forgetNeighbour, howRepliesAreMeasured, addNeighbourEntry } from "./first-reply.ts";
import { node, onLab, subnet } from "./ground.ts";
import { type HandMade, makeLinks, removeLinks } from "./kernel-work.ts";
import type { Measured } from "./results.ts";
import { type Laps, Stopwatch } from "./stopwatch.ts";
import { timedDriver, type TimedDriver } from "./timed-driver.ts";

const namespace = "bench-attach";
const pod = { namespace, name: "app" };
const warmUpRounds = 2;

const wires = {
  byHand: define({ name: "by-hand", pod, addresses: [`${subnet}.0.1/16`] }),
  cold: define({ name: "cold", pod, addresses: [`${subnet}.0.2/16`] }),
  warm: define({ name: "warm", pod, addresses: [`${subnet}.0.3/16`] }),
  unprobed: define({ name: "unprobed", pod, addresses: [`${subnet}.0.4/16`], duplicateAddressDetection: false }),
  directByHand: define({ name: "direct-by-hand", pod, addresses: [`${subnet}.0.6/16`], placement: "direct" }),
  direct: define({
    ...{ name: "direct", pod, addresses: [`${subnet}.0.7/16`] },
    ...{ duplicateAddressDetection: false, placement: "direct" },
  }),
};
const leased = define({ name: "leased", pod, network: { parent: "eth2" }, dhcp: {} });

/**
 * Measures attaching one NIC to a running pod, compared with the minimum that a Job and the kernel need, in each
 * round.
 */
export async function measureAttach(rounds: number): Promise<Measured> {
  return onLab(namespace, async ({ bench }) => {
    const server = await dhcpServer({ leaseSeconds: 600 });
    await Promise.all([server.start(), installAgent(bench.lab), bench.runPod(pod.name, node)]);
    const netns = await podNetns(bench, pod.name, node);
    const measured: Round[] = [];
    try {
      for (const wire of Object.values(wires)) await addNeighbourEntry(hostOf(wire), wire.mac);
      for (let round = 1 - warmUpRounds; round <= rounds; round++) {
        const laps = await measureRound(bench, netns);
        if (round > 0) measured.push(laps);
        console.log(progress(round > 0 ? `round ${round} of ${rounds}` : "warm-up", laps));
      }
    } finally {
      for (const wire of Object.values(wires)) await forgetNeighbour(hostOf(wire)).catch(() => undefined);
      await removeAgent(bench.lab);
      await server.close();
    }
    console.log(`\n${howRepliesAreMeasured}`);
    const summary = printAttach(measured);
    return { kept: { warmUpRounds, howRepliesAreMeasured, summary }, samples: measured };
  });
}

async function measureRound(bench: Bench, netns: string): Promise<Round> {
  synchronise();
  const emptyJob = await measureEmptyJob(bench, "bare");
  const emptyJobMounted = await measureEmptyJob(bench, "mounted");
  const kernelWork = await measureKernelWork(bench, { definition: wires.byHand, netns });
  const directKernelWork = await measureKernelWork(bench, { definition: wires.directByHand, netns });

  synchronise();
  const driver = timedDriver(bench.driver.cluster);
  try {
    const [cold, coldState] = await measureInject(bench, driver, wires.cold);
    const [warm, warmState] = await measureInject(bench, driver, wires.warm);
    const [unprobed, unprobedState] = await measureInject(bench, driver, wires.unprobed);
    const [direct, directState] = await measureInject(bench, driver, wires.direct);
    const [leased, leasedState] = await measureLeased(driver);
    const states = [coldState, warmState, unprobedState, directState, leasedState];
    await Promise.all(states.map((state) => takeAway(driver, state)));
    return { emptyJob, emptyJobMounted, kernelWork, directKernelWork, cold, warm, unprobed, direct, leased };
  } finally {
    await driver.close();
  }
}

async function measureKernelWork({ lab }: Bench, byHand: HandMade): Promise<Laps> {
  const reply = await awaitFirstReply(lab, hostOf(byHand.definition));
  try {
    const { beganAt, laps } = await makeLinks([byHand]);
    const repliedAt = await reply.at;
    return { ...laps, reply: repliedAt - beganAt };
  } finally {
    reply.stop();
    await removeLinks([byHand]);
    await sleep(100);
  }
}

async function measureInject(
  { lab }: Bench,
  driver: TimedDriver,
  definition: Definition,
): Promise<[laps: Laps, state: VnicState]> {
  const reply = await awaitFirstReply(lab, hostOf(definition));
  try {
    const watch = new Stopwatch();
    driver.watch(watch);
    const state = await inject(driver, definition);
    watch.mark("returned");
    watch.mark("reply", await reply.at);
    return [watch.laps, state];
  } finally {
    reply.stop();
  }
}

async function measureLeased(driver: TimedDriver): Promise<[laps: Laps, state: VnicState]> {
  const watch = new Stopwatch();
  driver.watch(watch);
  const state = await inject(driver, leased);
  watch.mark("returned");
  return [watch.laps, state];
}

async function takeAway(driver: TimedDriver, state: VnicState): Promise<void> {
  const known = { uid: state.uid, node: state.node, podName: state.pod.name };
  await eject(driver, vnicRef(state), known, new Deadline("ejecting", 60));
}

function hostOf({ addresses }: Definition): string {
  return addresses[0]?.split("/")[0] ?? "";
}

function progress(round: string, laps: Round): string {
  const { emptyJob, emptyJobMounted, kernelWork, directKernelWork, cold, warm, unprobed, direct, leased } = laps;
  const figures = {
    "empty Job": emptyJob["firstLine"],
    "with the session's mounts": emptyJobMounted["firstLine"],
    "kernel work": kernelWork["reply"],
    "kernel work, direct": directKernelWork["reply"],
    cold: cold["reply"],
    warm: warm["reply"],
    "warm, unprobed": unprobed["reply"],
    "warm, unprobed, direct": direct["reply"],
    "warm, by DHCP returned": leased["returned"],
  };
  const words = Object.entries(figures).map(([what, milliseconds = NaN]) => `${what} ${milliseconds.toFixed(0)}`);
  return `${round}: ${words.join(", ")} ms`;
}
