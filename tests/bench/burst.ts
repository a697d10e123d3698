import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { labels, systemNamespace } from "../../provider/model/names.ts";
import { kubectl } from "../support/cluster.ts";
import { type Bench, define } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { podNetns } from "../support/pod-netns.ts";
import { Stack } from "../support/stack.ts";
import { type Burst, printBurst, type Series, type Times } from "./burst-report.ts";
import { now } from "./clock.ts";
import { DoNothing } from "./do-nothing.ts";
import { node, onLab, prober, subnet } from "./ground.ts";
import { type HandMade, makeLinks, removeLinks } from "./kernel-work.ts";
import type { Measured } from "./results.ts";
import { timedDriver } from "./timed-driver.ts";

const namespace = "bench-burst";
const pods = Array.from({ length: 10 }, (_, index) => `app-${index}`);
const repetitions = 3;

/** The largest number of addresses in one byte. */
const most = 254;

/** Measures many concurrent NICs in ten pods of one node, compared with an idle engine and with the kernel alone. */
export async function measureBurst(sizes: readonly number[]): Promise<Measured> {
  for (const size of sizes) if (size > most) throw new Error(`${size} Vnics are too many: the most is ${most}`);
  return onLab(namespace, async ({ bench, kubeconfig }) => {
    await Promise.all(pods.map((pod) => bench.runPod(pod, node)));
    const netns = await Promise.all(pods.map((pod) => podNetns(bench, pod, node)));
    const stack = await Stack.create({ kubeconfig });
    const nothing = await DoNothing.create({ kubeconfig });
    const bursts: Burst[] = [];
    try {
      for (let repetition = 1; repetition <= repetitions; repetition++) {
        for (const size of sizes) {
          const wires = Array.from({ length: size }, (_, index) => wire(index));
          const byHand = wires.map((definition, index) => ({ definition, netns: netns[index % pods.length] ?? "" }));
          const burst = {
            size,
            kernelWork: await measureKernelWork(byHand),
            lifecycle: await measureLifecycle(bench, wires),
            engine: await measureEngine(bench, stack, wires),
            engineNothing: await measureNothing(nothing, size),
          };
          bursts.push(burst);
          console.log(`repetition ${repetition} of ${repetitions}: ${size} Vnics: ${progress(burst)}`);
        }
      }
    } finally {
      await Promise.all([stack.remove(), nothing.remove()]);
    }
    const summary = printBurst(bursts);
    return { kept: { pods: pods.length, summary }, samples: bursts };
  });
}

/** One Vnic, with an interface name, because two derived names may be equal among many in one pod. */
function wire(index: number): Definition {
  const pod = { namespace, name: pods[index % pods.length] ?? "" };
  const interfaceName = `lan${Math.floor(index / pods.length)}`;
  return define({ name: `wire-${index}`, pod, interfaceName, addresses: [`${subnet}.1.${1 + index}/16`] });
}

async function measureKernelWork(links: readonly HandMade[]): Promise<Times> {
  const made = await makeLinks(links);
  const removed = await removeLinks(links);
  return { made: made.laps["configured"] ?? NaN, removed: removed.laps["removed"] ?? NaN };
}

async function measureLifecycle(bench: Bench, wires: readonly Definition[]): Promise<Times> {
  const driver = timedDriver(bench.driver.cluster);
  try {
    const [made, states] = await timed(() => Promise.all(wires.map((wire) => inject(driver, wire))));
    await assertReachable(bench, wires);
    const [removed] = await timed(() =>
      Promise.all(
        states.map((state) =>
          eject(
            driver,
            vnicRef(state),
            { uid: state.uid, node: state.node, podName: state.pod.name },
            new Deadline("ejecting", 120),
          ),
        ),
      ),
    );
    return { made, removed };
  } finally {
    await driver.close();
  }
}

async function measureEngine(bench: Bench, stack: Stack, wires: readonly Definition[]): Promise<Times> {
  await stack.declare(
    wires.map(({ name, pod, network, interfaceName, addresses }) => ({
      resource: name,
      args: { pod, network, interfaceName, addresses },
    })),
  );
  const [made] = await timed(() => stack.up());
  await assertReachable(bench, wires);
  const [removed] = await timed(() => stack.destroy());
  await until("sessions to end", 60, async () => {
    const argv = ["get", "pods", "-n", systemNamespace, "-l", `${labels.managedBy}=pulumi-vnic`, "-o", "name"];
    return (await kubectl(bench.lab.kubectl, argv)) === "" ? true : undefined;
  });
  return { made, removed };
}

async function measureNothing(nothing: DoNothing, size: number): Promise<Times> {
  await nothing.declare(size);
  const [made] = await timed(() => nothing.stack.up());
  const [removed] = await timed(() => nothing.stack.destroy());
  return { made, removed };
}

async function timed<T>(work: () => Promise<T>): Promise<[milliseconds: number, result: T]> {
  const began = now();
  const result = await work();
  return [now() - began, result];
}

async function assertReachable({ lab }: Bench, wires: readonly Definition[]): Promise<void> {
  for (const { name, addresses } of wires) {
    const address = addresses[0]?.split("/")[0] ?? "";
    if (!(await answersPing(lab, prober, address)))
      throw new Error(`Vnic ${name}: ${address} does not answer to ${prober}`);
  }
}

function progress(burst: Burst): string {
  const words: Record<Series, string> = {
    kernelWork: "kernel work",
    lifecycle: "lifecycle",
    engine: "pulumi up",
    engineNothing: "doing nothing",
  };
  return Object.entries(words)
    .map(([series, name]) => {
      const { made, removed } = burst[series as Series];
      return `${name} ${made.toFixed(0)} / ${removed.toFixed(0)}`;
    })
    .join(", ")
    .concat(" ms (made / removed)");
}
