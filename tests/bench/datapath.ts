import { ensureDebianPackages } from "../lab/debian-packages.ts";
import { endOf } from "../lab/child.ts";
import { until } from "../lab/run.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import type { Machine } from "../support/kernel/machine.ts";
import { lan, planFor, World } from "../support/kernel/world.ts";
import type { Measured } from "./results.ts";
import { summarize } from "./statistics.ts";
import { printTable } from "./table.ts";

/* Measures what passes through a NIC, against the node's own traffic through the same parent. */

/** The modes, each with its parent, which is a veth end or the bridge of one. */
const modes = [
  { mode: "macvlan", parent: "eth1" },
  { mode: "macvlan-private", parent: "eth1" },
  { mode: "bridge", parent: "br7" },
  { mode: "host-device", parent: "eth7" },
] as const satisfies readonly InjectPlan["network"][];

/** An address of the world's LAN that nobody has. */
const onLan = (last: number) => lan.router.replace(/\d+$/, String(last));
const [ownAddress, podAddress] = [onLan(90), onLan(91)];
const seconds = 3;
const pings = 300;

/** Gigabits a second, and microseconds for a ping and its answer, on average. */
interface Path {
  readonly gigabits: number;
  readonly microseconds: number;
}

interface Sample {
  readonly mode: string;
  readonly own: Path;
  readonly vnic: Path;
}

/**
 * Measures throughput and latency between a host on a LAN and a Vnic of each mode, and just before between that host and
 * the parent's own address. All are network namespaces of this machine, and no Kubernetes is needed.
 */
export async function measureDatapath(rounds: number): Promise<Measured> {
  await ensureDebianPackages(["iperf3"]);
  const world = await World.makeWithParents();
  const samples: Sample[] = [];
  try {
    const pod = await world.addPod();
    for (let round = 1; round <= rounds; round++)
      for (const network of modes) {
        await world.node.ip(`address add ${ownAddress}/24 dev ${network.parent}`);
        const own = await pathTo(world, world.node, ownAddress);
        await world.node.ip(`address del ${ownAddress}/24 dev ${network.parent}`);
        const plan = planFor(pod, `${podAddress}/24`, { network, duplicateAddressDetection: false });
        await world.session.inject(plan);
        const vnic = await pathTo(world, pod.machine, podAddress);
        await world.session.eject({ vnic: plan.vnic });
        samples.push({ mode: network.mode, own, vnic });
        console.log(
          `round ${round} of ${rounds}: ${network.mode}: ${vnic.gigabits.toFixed(1)} Gbit/s, parent ${own.gigabits.toFixed(1)}`,
        );
      }
  } finally {
    await world.close();
  }
  const summary = modes.map(({ mode }) => summaryOf(samples.filter((sample) => sample.mode === mode)));
  print(summary);
  return { kept: { seconds, pings, summary }, samples };
}

/** Sends TCP for some seconds from the first host of the LAN to an address, and then pings it. */
async function pathTo({ hosts: [host] }: World, server: Machine, address: string): Promise<Path> {
  if (!host) throw new Error("the LAN has no host");
  const serving = server.spawn(["iperf3", "--server", "--one-off", "--bind", address]);
  serving.stdout?.resume();
  try {
    await until("iperf3", 10, async () => {
      const { stdout } = await server.exec(["ss", "-Hltn", "sport", "=", "5201"]);
      return stdout.includes(address) ? true : undefined;
    });
    const sent = JSON.parse(
      await host.must(["iperf3", "--client", address, "--time", String(seconds), "--json"], { timeoutSeconds: 60 }),
    ) as { end: { sum_received: { bits_per_second: number } } };
    const argv = ["ping", "-n", "-q", "-i", "0.002", "-c", String(pings), address];
    const [, average = ""] = /= [\d.]+\/([\d.]+)\//.exec(await host.must(argv, { timeoutSeconds: 60 })) ?? [];
    return { gigabits: sent.end.sum_received.bits_per_second / 1e9, microseconds: Number(average) * 1000 };
  } finally {
    serving.kill();
    await endOf(serving);
  }
}

function summaryOf(samples: readonly Sample[]) {
  return {
    mode: samples[0]?.mode ?? "",
    gigabits: summarize(samples.map(({ vnic }) => vnic.gigabits)),
    throughputRatio: summarize(samples.map(({ vnic, own }) => vnic.gigabits / own.gigabits)),
    microseconds: summarize(samples.map(({ vnic }) => vnic.microseconds)),
    latencyRatio: summarize(samples.map(({ vnic, own }) => vnic.microseconds / own.microseconds)),
  };
}

function print(summary: readonly ReturnType<typeof summaryOf>[]): void {
  const ratio = ({ p50, min, max }: ReturnType<typeof summarize>) =>
    `${p50.toFixed(2)} [${min.toFixed(2)}, ${max.toFixed(2)}]`;
  console.log("\nTCP from a host on the LAN to a Vnic, and pings; as a multiple of the parent's own address\n");
  printTable(
    ["mode", "n", "Gbit/s p50", "ratio [min, max]", "µs a ping p50", "p95", "ratio [min, max]"],
    summary.map(({ mode, gigabits, throughputRatio, microseconds, latencyRatio }) => [
      ...[mode, String(gigabits.n), gigabits.p50.toFixed(1), ratio(throughputRatio)],
      ...[microseconds.p50.toFixed(0), microseconds.p95.toFixed(0), ratio(latencyRatio)],
    ]),
  );
}
