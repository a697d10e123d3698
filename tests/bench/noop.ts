import { loadavg } from "node:os";
import { nodes } from "../lab/layout.ts";
import { Stack, withoutCheckpoints as env } from "../support/stack.ts";
import { now } from "./clock.ts";
import { DoNothing } from "./do-nothing.ts";
import { onLab, wireIn } from "./ground.ts";
import type { Measured } from "./results.ts";
import { type Summary, summarize } from "./statistics.ts";
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
export async function measureNoop(sizes: readonly number[], rounds: number): Promise<Measured> {
  return onLab(namespace, async ({ bench, kubeconfig }) => {
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
    return { kept: { summary: summaryOf(samples) }, samples };
  });
}

async function timed(stack: Stack, operation: Operation): Promise<number> {
  const began = now();
  await stack.must(...operations[operation]);
  return now() - began;
}

interface Row {
  readonly operation: Operation;
  readonly size: number;
  readonly vnics: Summary;
  readonly nothing: Summary;
  readonly ratio: Summary;
  readonly target: number;
}

function summaryOf(samples: readonly Sample[]): Row[] {
  return [...Map.groupBy(samples, ({ size, operation }) => `${size} ${operation}`).values()].map((its) => {
    const [{ size = 0, operation = "up" } = {}] = its;
    return {
      ...{ operation, size, target: size === 1 && operation === "preview" ? 1.1 : 1.15 },
      vnics: summarize(its.map((one) => one.vnics)),
      nothing: summarize(its.map((one) => one.nothing)),
      ratio: summarize(its.map((one) => one.vnics / one.nothing)),
    };
  });
}

function print(samples: readonly Sample[]): void {
  const loads = samples.map(({ load }) => load);
  console.log(
    `\nwithout a change, milliseconds; load ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}\n`,
  );
  printTable(
    ["operation", "n", "p50", "p95", "doing nothing p50", "ratio p50", "target"],
    summaryOf(samples).map(({ operation, size, vnics, nothing, ratio, target }) => [
      ...[`${operation} of ${size}`, String(vnics.n), shown(vnics.p50), shown(vnics.p95), shown(nothing.p50)],
      ...[`${ratio.p50.toFixed(2)} ×`, `≤ ${target} ×${ratio.p50 > target ? ", missed" : ""}`],
    ]),
  );
}
