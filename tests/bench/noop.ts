import { loadavg } from "node:os";
import { nodes } from "../lab/layout.ts";
import { Stack, withoutCheckpoints as env } from "../support/stack.ts";
import { now } from "./clock.ts";
import { DoNothing } from "./do-nothing.ts";
import { onLab, wireIn } from "./ground.ts";
import { writeResults } from "./results.ts";
import { summarize } from "./statistics.ts";
import { printTable, shown } from "./table.ts";

const namespace = "bench-noop";
const pods = nodes.map((node) => `app-${node}`);

const operations = {
  preview: ["preview", "--expect-no-changes"],
  up: ["up", "--yes", "--expect-no-changes"],
} as const;
type Operation = keyof typeof operations;

/** Milliseconds of an operation without a change: for Vnics, and for as many resources that do nothing. */
interface Sample {
  readonly size: number;
  readonly operation: Operation;
  readonly vnics: number;
  readonly nothing: number;
  readonly load: number;
}

/** Measures `preview` and `up` of a program that hasn't changed, in turn with as many resources that do nothing. */
export async function measureNoop(sizes: readonly number[], rounds: number): Promise<void> {
  await onLab(namespace, async ({ bench, kubeconfig }) => {
    await Promise.all(nodes.map((node, index) => bench.runPod(pods[index] ?? "", node)));
    const stack = await Stack.create({ kubeconfig, env });
    const nothing = await DoNothing.create({ kubeconfig, env, provider: "complete" });
    const samples: Sample[] = [];
    try {
      for (const size of sizes) {
        await stack.declare(Array.from({ length: size }, (_, index) => wireIn(namespace, pods, index)));
        await nothing.declare(size);
        for (const one of [stack, nothing.stack]) await one.up();
        for (let round = 1; round <= rounds; round++)
          for (const operation of Object.keys(operations) as Operation[]) {
            const [load = 0] = loadavg();
            const vnics = await timed(stack, operation);
            samples.push({ size, operation, vnics, nothing: await timed(nothing.stack, operation), load });
          }
        print(samples.filter((sample) => sample.size === size));
      }
    } finally {
      for (const one of [stack, nothing.stack]) await one.destroy();
      await Promise.all([stack.remove(), nothing.remove()]);
    }
    await writeResults("noop", { samples });
  });
}

async function timed(stack: Stack, operation: Operation): Promise<number> {
  const began = now();
  await stack.must(...operations[operation]);
  return now() - began;
}

function print(samples: readonly Sample[]): void {
  const [{ size = 0 } = {}] = samples;
  const loads = samples.map(({ load }) => load);
  console.log(
    `\n${size} Vnics without a change, milliseconds; load ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}\n`,
  );
  printTable(
    ["operation", "n", "p50", "p95", "doing nothing p50", "ratio p50", "target"],
    [...Map.groupBy(samples, ({ operation }) => operation)].map(([operation, its]) => {
      const vnics = summarize(its.map((one) => one.vnics));
      const ratio = summarize(its.map((one) => one.vnics / one.nothing)).p50;
      const nothing = summarize(its.map((one) => one.nothing)).p50;
      const target = size === 1 && operation === "preview" ? 1.1 : 1.15;
      return [
        ...[operation, String(vnics.n), shown(vnics.p50), shown(vnics.p95), shown(nothing)],
        ...[`${ratio.toFixed(2)} ×`, `≤ ${target} ×${ratio > target ? ", missed" : ""}`],
      ];
    }),
  );
}
