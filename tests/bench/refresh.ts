import { nodes } from "../lab/layout.ts";
import { type DeclaredVnic, Stack } from "../support/stack.ts";
import { DoNothing } from "./do-nothing.ts";
import { now } from "./clock.ts";
import { onLab } from "./ground.ts";
import { keepResults } from "./results.ts";
import { summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

const namespace = "bench-refresh";
const pods = Array.from({ length: 9 }, (_, index) => `app-${index}`);
const repetitions = 3;
/** One run of the engine has five minutes. */
const madeAtOnce = 100;

/** The engine writes the whole state after each step, unless it is told to write it at the end of a run alone. */
const env = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

/** Milliseconds that one refresh takes of so many Vnics, and of as many do-nothing resources. */
interface Round {
  readonly size: number;
  readonly vnics: number;
  readonly nothing: number;
}

/**
 * How long it takes to look at many Vnics, in nine pods on three nodes, against what the engine needs for as many dynamic
 * resources that do nothing: one after the other, round by round, so that both meet the same machine.
 */
export async function measureRefresh(sizes: readonly number[]): Promise<void> {
  await onLab(namespace, async ({ bench, kubeconfig }) => {
    await Promise.all(pods.map((pod, index) => bench.runPod(pod, nodes[index % nodes.length] ?? "node1")));
    const stack = await Stack.create({ kubeconfig, env });
    const nothing = await DoNothing.create(kubeconfig, env);
    const rounds: Round[] = [];
    try {
      for (const size of sizes) {
        const began = now();
        await make(stack, size);
        console.log(`${size} Vnics made in ${shown(now() - began)} ms`);
        await nothing.declare(size);
        await nothing.stack.up();
        for (let repetition = 1; repetition <= repetitions; repetition++) {
          const round = { size, vnics: await refresh(stack), nothing: await refresh(nothing.stack) };
          rounds.push(round);
          console.log(`${size}: Vnics ${shown(round.vnics)} ms, do-nothing ${shown(round.nothing)} ms`);
        }
        await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
      }
    } finally {
      await stack.destroy();
      await nothing.stack.destroy();
      await Promise.all([stack.remove(), nothing.remove()]);
    }
    const summary = sizes.map((size) => summaryOf(rounds.filter((round) => round.size === size)));
    print(summary);
    await keepResults("refresh", { pods: pods.length, nodes: nodes.length, summary, rounds });
  });
}

async function make(stack: Stack, size: number): Promise<void> {
  for (let some = madeAtOnce; some < size + madeAtOnce; some += madeAtOnce) {
    await stack.declare(Array.from({ length: Math.min(some, size) }, (_, index) => wire(index)));
    await stack.up();
  }
}

/** Addresses of a network of their own, as the LAN has too few; one pod's NICs are numbered. */
function wire(index: number): DeclaredVnic {
  const number = Math.floor(index / pods.length);
  return {
    resource: `wire-${index}`,
    args: {
      pod: { namespace, name: pods[index % pods.length] },
      network: { parent: "eth1" },
      interfaceName: `lan${number}`,
      // A thousand NICs on one LAN hear each probe.
      duplicateAddressDetection: false,
      addresses: [`10.50.${1 + Math.floor(index / 200)}.${1 + (index % 200)}/16`],
    },
  };
}

async function refresh(stack: Stack): Promise<number> {
  const began = now();
  await stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  return now() - began;
}

function summaryOf(rounds: readonly Round[]) {
  return {
    size: rounds[0]?.size ?? 0,
    vnics: summarize(rounds.map(({ vnics }) => vnics)),
    nothing: summarize(rounds.map(({ nothing }) => nothing)),
    ratio: summarize(rounds.map(({ vnics, nothing }) => vnics / nothing)),
  };
}

function print(summary: readonly ReturnType<typeof summaryOf>[]): void {
  console.log("\none refresh, p50 in milliseconds; and how much longer than that of as many do-nothing resources\n");
  printTable(
    ["resources", "Vnics", "do-nothing", "ratio [min, max]"],
    summary.map(({ size, vnics, nothing, ratio }) => [
      String(size),
      shown(vnics.p50),
      shown(nothing.p50),
      `${ratio.p50.toFixed(2)} [${ratio.min.toFixed(2)}, ${ratio.max.toFixed(2)}]`,
    ]),
  );
}
