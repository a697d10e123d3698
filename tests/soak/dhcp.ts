import { setTimeout as sleep } from "node:timers/promises";
import { systemNamespace } from "../../provider/model/names.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { type Node, nodes } from "../lab/layout.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { until } from "../lab/run.ts";
import { kubectl } from "../support/cluster.ts";
import { answersLeased, clientsOn, type DhcpServer, dhcpServer, installAgent, removeAgent } from "../support/dhcp.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { type Bench, define, openBench } from "../support/lifecycle.ts";
import type { Random } from "./random.ts";

const namespace = "soak-dhcp";
const vnicCount = 20;
const leaseSeconds = 60;

/** One Vnic in its own pod, with the pod's current node. */
interface Wire {
  readonly pod: string;
  node: Node;
  state: VnicState;
  /** Set while the pod or the Vnic itself is being replaced, so that the address needn't answer. */
  busy: boolean;
  /** Number of consecutive checks without an answer, and the maximum of that number. */
  silent: number;
  longestSilence: number;
}

/**
 * Keeps leases of a minute for the whole time, while agents, server, runtimes, kubelets, pods and Vnics are restarted.
 * Returns each lease that was lost, held twice, or left behind.
 */
export async function soakDhcp(minutes: number, random: Random): Promise<readonly string[]> {
  const bench = await openBench({ namespace });
  const server = await dhcpServer({ leaseSeconds });
  const faults = new Faults();
  const done = new Map<string, number>();
  try {
    await installAgent(bench.lab);
    await server.start();
    const wires = await Promise.all(Array.from({ length: vnicCount }, (_, index) => attach(bench, index)));
    console.log(`${vnicCount} Vnics: ${wires.map(({ state }) => state.addresses[0]).join(" ")}`);
    const endsAt = performance.now() + minutes * 60_000;
    const watching = watch(bench, server, wires, faults, endsAt);
    while (performance.now() < endsAt) {
      await sleep(random.between(2000, 15_000));
      const what = random.pick(events);
      console.log(`${now()} ${what.name}`);
      try {
        await what.run(bench, server, wires, random);
      } catch (error) {
        faults.add(`${what.name}: ${String(error)}`);
      }
      done.set(what.name, (done.get(what.name) ?? 0) + 1);
    }
    await watching;
    console.log(`events: ${[...done].map(([name, count]) => `${name} ${count}`).join(", ")}`);
    console.log(`longest silence of a Vnic: ${Math.max(...wires.map(({ longestSilence }) => longestSilence))} looks`);
    await Promise.all(wires.map(({ state }) => bench.eject(state)));
    await until("the last release", 30, async () => ((await server.leases()).size === 0 ? true : undefined)).catch(
      async () => faults.add(`leases left with the server: ${[...(await server.leases()).keys()].join(" ")}`),
    );
    for (const node of nodes)
      for (const client of await clientsOn(bench.lab, node)) faults.add(`client left on ${node}: ${client}`);
  } finally {
    await bench.close();
    await removeAgent(bench.lab);
    await server.close();
  }
  await assertNoLeaks(bench.lab).catch((error: unknown) => faults.add(String(error)));
  return faults.all;
}

async function attach(bench: Bench, index: number): Promise<Wire> {
  const pod = `db-${index}`;
  const node = nodes[index % nodes.length]!;
  await persistently(() => bench.runPod(pod, node));
  const state = await persistently(() => bench.inject(definitionFor(pod)));
  return { pod, node, state, busy: false, silent: 0, longestSilence: 0 };
}

function definitionFor(pod: string) {
  return define({ name: `wire-${pod}`, pod: { namespace, name: pod }, network: { parent: "eth2" } });
}

interface Event {
  readonly name: string;
  readonly run: (bench: Bench, server: DhcpServer, wires: readonly Wire[], random: Random) => Promise<void>;
}

const events: readonly Event[] = [
  {
    name: "agent restarted",
    run: async ({ lab }, _server, _wires, random) => {
      const at = `spec.nodeName=${random.pick(nodes)}`;
      const agents = ["-l", "app.kubernetes.io/component=node-agent", "--field-selector", at];
      await kubectl(lab.kubectl, ["delete", "pods", "-n", systemNamespace, ...agents, "--wait=false"]);
    },
  },
  {
    name: "agent killed",
    run: async ({ lab }, _server, _wires, random) => {
      await lab.exec(random.pick(nodes), ["pkill", "-KILL", "-f", "^node /app/agent.mjs"]);
    },
  },
  {
    name: "server restarted",
    run: async (_bench, server, _wires, random) => {
      await server.stop();
      // A lease is renewed after half of its time, so the server may be down for up to the other half.
      await sleep(random.between(0, 20_000));
      await server.start();
    },
  },
  {
    name: "container runtime killed",
    run: async ({ lab }, _server, _wires, random) => {
      const node = random.pick(nodes);
      await lab.exec(node, ["pkill", "-KILL", "-x", kindOf(node).runtime]);
    },
  },
  {
    name: "kubelet killed",
    run: async ({ lab }, _server, _wires, random) => {
      await lab.exec(random.pick(nodes), ["pkill", "-KILL", "-x", "kubelet"]);
    },
  },
  {
    name: "pod replaced",
    run: (bench, _server, wires, random) =>
      meanwhile(random.pick(wires), async (wire) => {
        const former = wire.state.addresses[0];
        wire.node = random.pick(nodes);
        await persistently(async () => {
          await bench.kubectl("delete", "pod", wire.pod, "--ignore-not-found", "--wait=true", "--timeout=60s");
          await bench.runPod(wire.pod, wire.node);
        });
        await persistently(async () => {
          wire.state = await bench.inject(definitionFor(wire.pod), { known: wire.state });
        });
        const [now] = wire.state.addresses;
        if (now !== former) throw new Error(`${wire.pod} got ${now} in its new pod instead of ${former}`);
      }),
  },
  {
    name: "Vnic deleted and made again",
    run: (bench, server, wires, random) =>
      meanwhile(random.pick(wires), async (wire) => {
        console.log(`${now()} ${wire.pod} on ${wire.node}`);
        await persistently(() => bench.eject(wire.state));
        try {
          await until(`the release of ${wire.pod}`, 10, async () =>
            (await server.leases()).has(wire.state.mac) ? undefined : true,
          );
        } finally {
          await persistently(async () => {
            wire.state = await bench.inject(definitionFor(wire.pod));
          });
        }
      }),
  },
];

/** Retries after failures, as drivers do, because a kubelet or an agent may be restarting. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + 180_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      console.log(`${now()} once more: ${String(error).split("\n")[0]}`);
      await sleep(2000);
    }
  }
}

async function meanwhile(wire: Wire, work: (wire: Wire) => Promise<void>): Promise<void> {
  wire.busy = true;
  try {
    await work(wire);
  } finally {
    wire.silent = 0;
    wire.busy = false;
  }
}

/** Checks all Vnics repeatedly, from outside and by the server's leases. */
async function watch(
  bench: Bench,
  server: DhcpServer,
  wires: readonly Wire[],
  faults: Faults,
  endsAt: number,
): Promise<void> {
  for (let look = 0; performance.now() < endsAt; look++) {
    const calm = wires.filter(({ busy }) => !busy);
    const answers = await Promise.all(calm.map(({ state }) => answersLeased(state.addresses[0] ?? "")));
    calm.forEach((wire, index) => {
      if (wire.busy) return;
      wire.silent = answers[index] ? 0 : wire.silent + 1;
      wire.longestSilence = Math.max(wire.longestSilence, wire.silent);
      if (wire.silent === 3) faults.add(`${wire.pod}: lost ${wire.state.addresses[0]}`);
    });
    const held = wires.flatMap(({ state }) => state.addresses);
    if (new Set(held).size < held.length) faults.add(`an address is held twice: ${held.join(" ")}`);
    if (look % 30 === 0) {
      const clients = await Promise.all(nodes.map(async (node) => (await clientsOn(bench.lab, node)).length));
      const leases = (await server.leases()).size;
      console.log(`${now()} clients ${clients.join("+")}, leases ${leases}, faults ${faults.all.length}`);
      if (clients.reduce((sum, count) => sum + count, 0) > vnicCount + 1)
        faults.add(`clients linger: ${clients.join("+")}`);
    }
    await sleep(2000);
  }
}

class Faults {
  readonly all: string[] = [];

  add(what: string): void {
    console.log(`${now()} FAULT ${what}`);
    this.all.push(what);
  }
}

function now(): string {
  return new Date().toISOString();
}
