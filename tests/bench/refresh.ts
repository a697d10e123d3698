import { nodes } from "../lab/layout.ts";
import { Stack, withoutCheckpoints as env } from "../support/stack.ts";
import { DoNothing } from "./do-nothing.ts";
import { now } from "./clock.ts";
import { onLab, wireIn } from "./ground.ts";
import type { Measured } from "./results.ts";
import { summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

const namespace = "bench-refresh";
const pods = Array.from({ length: 9 }, (_, index) => `app-${index}`);
const repetitions = 3;
/** The largest number that one engine run can create in five minutes. */
const madeAtOnce = 100;

/**
 * Milliseconds for a refresh of this number of Vnics; of minimal do-nothing resources; and of do-nothing resources
 * with a Vnic's outputs and hooks.
 */
interface Round {
  readonly size: number;
  readonly vnics: number;
  readonly least: number;
  readonly alike: number;
}

/**
 * Measures a refresh of many Vnics in nine pods on three nodes, compared with as many dynamic resources that do
 * nothing. The series alternate round by round, so that all have the same conditions.
 */
export async function measureRefresh(sizes: readonly number[]): Promise<Measured> {
  return onLab(namespace, async ({ bench, kubeconfig }) => {
    await Promise.all(pods.map((pod, index) => bench.runPod(pod, nodes[index % nodes.length] ?? "node1")));
    const stack = await Stack.create({ kubeconfig, env });
    const least = await DoNothing.create({ kubeconfig, env });
    const alike = await DoNothing.create({ kubeconfig, env, provider: "complete" });
    const rounds: Round[] = [];
    try {
      for (const size of sizes) {
        const began = now();
        await make(stack, size);
        console.log(`${size} Vnics made in ${shown(now() - began)} ms`);
        await least.declare(size);
        await alike.declare(size, await outputsOfOne(stack));
        for (const nothing of [least, alike]) await nothing.stack.up();
        for (let repetition = 1; repetition <= repetitions; repetition++) {
          const vnics = await refresh(stack);
          const round = { size, vnics, least: await refresh(least.stack), alike: await refresh(alike.stack) };
          rounds.push(round);
          console.log(
            `${size}: Vnics ${shown(vnics)} ms, do-nothing ${shown(round.least)} ms, as large ${shown(round.alike)} ms`,
          );
        }
        await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
      }
    } finally {
      for (const each of [stack, least.stack, alike.stack]) await each.destroy();
      await Promise.all([stack.remove(), least.remove(), alike.remove()]);
    }
    const summary = sizes.map((size) => summaryOf(rounds.filter((round) => round.size === size)));
    print(summary);
    return { kept: { pods: pods.length, nodes: nodes.length, summary }, samples: rounds };
  });
}

async function make(stack: Stack, size: number): Promise<void> {
  for (let some = madeAtOnce; some < size + madeAtOnce; some += madeAtOnce) {
    await stack.declare(Array.from({ length: Math.min(some, size) }, (_, index) => wireIn(namespace, pods, index)));
    await stack.up();
  }
}

/** The outputs of a Vnic in state, without the provider's text, which the engine adds to each resource itself. */
async function outputsOfOne(stack: Stack): Promise<object> {
  const [vnic] = await stack.vnics();
  const { __provider: _, ...outputs } = vnic?.outputs ?? {};
  return outputs;
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
    least: summarize(rounds.map(({ least }) => least)),
    alike: summarize(rounds.map(({ alike }) => alike)),
    toLeast: summarize(rounds.map(({ vnics, least }) => vnics / least)),
    toAlike: summarize(rounds.map(({ vnics, alike }) => vnics / alike)),
  };
}

function print(summary: readonly ReturnType<typeof summaryOf>[]): void {
  const ratio = ({ p50, min, max }: ReturnType<typeof summarize>) =>
    `${p50.toFixed(2)} [${min.toFixed(2)}, ${max.toFixed(2)}]`;
  console.log("\none refresh, p50 in milliseconds; and how much longer than that of as many do-nothing resources\n");
  printTable(
    ["resources", "Vnics", "do-nothing", "ratio [min, max]", "as large as Vnics", "ratio [min, max]"],
    summary.map(({ size, vnics, least, toLeast, alike, toAlike }) => [
      String(size),
      shown(vnics.p50),
      shown(least.p50),
      ratio(toLeast),
      shown(alike.p50),
      ratio(toAlike),
    ]),
  );
}
