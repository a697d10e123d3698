import { isDeepStrictEqual } from "node:util";
import { type Lab, up } from "../lab/index.ts";
import { installPlatform, providerKubeconfig } from "../support/cluster.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { type Bench, openBench } from "../support/lifecycle.ts";
import { Stack } from "../support/stack.ts";
import { Choice } from "./choice.ts";
import { declare } from "./declaration.ts";
import { disturbances, upDisturbed } from "./disturbances.ts";
import { runAndSee } from "./engine.ts";
import { applyEvents } from "./events.ts";
import { Model, namespace, type Op, type Step } from "./model.ts";
import { assertWorld } from "./world.ts";

export interface HistoryOptions {
  readonly operations: number;
  readonly seed: number;
  /** The number of operations per engine run, each on a different resource. */
  readonly operationsPerStep: number;
  readonly say: (text: string) => void;
}

/**
 * A random history of Vnics on the lab, under the real engine. Vnics are created, edited, moved, renamed, adopted,
 * removed from state, damaged and deleted, pods are replaced, and engine runs are disturbed. After each step the plan
 * must match the drawn operations, the result must match the plan, a second run must find nothing to do, and the world
 * must match the model. At the end nothing may be left.
 */
export async function runHistory({ operations, seed, operationsPerStep, say }: HistoryOptions): Promise<void> {
  const lab = await up();
  await installPlatform(lab.kubectl);
  const bench = await openBench({ namespace });
  const proxy = await FaultProxy.start();
  try {
    const kubeconfig = await proxy.kubeconfigFile(await providerKubeconfig(lab.kubectl));
    const stack = await Stack.create({ kubeconfig, env: { PULUMI_DEBUG_COMMANDS: "true" } });
    const model = new Model(new Choice(seed));
    await Promise.all([...model.nodeOf].map(([pod, node]) => bench.runPod(pod, node)));
    try {
      const run: Run = { lab, bench, stack, proxy, model, chance: new Choice(seed + 1), say };
      for (let done = 0; done < operations;) {
        const nodeOf = new Map(model.nodeOf);
        const step = model.next(Math.min(operationsPerStep, operations - done));
        done += step.operations.length;
        say(`${done} of ${operations}: ${step.operations.join(", ")}`);
        await live(run, step, nodeOf);
      }
    } finally {
      await stack.pulumi("destroy", "--yes", "--skip-preview");
      await stack.remove();
    }
    await assertNoLeaks(lab);
  } finally {
    await bench.close();
    await proxy.stop();
  }
}

interface Run {
  readonly lab: Lab;
  readonly bench: Bench;
  readonly stack: Stack;
  readonly proxy: FaultProxy;
  readonly model: Model;
  readonly chance: Choice;
  readonly say: (text: string) => void;
}

async function live({ lab, bench, stack, proxy, model, chance, say }: Run, step: Step, nodeOf: Model["nodeOf"]) {
  await applyEvents(bench, stack, step.events, nodeOf);
  await stack.declare([...model.wires.values()].map(declare));
  // Manual changes are only visible to a refresh.
  const refresh = step.events.some(({ kind }) => kind === "damage" || kind === "pod replaced") ? ["--refresh"] : [];

  const planned = await runAndSee(stack, "preview", ...refresh);
  assertSame("the plan", planned, step.expected);
  if (chance.happens(30)) {
    const disturbance = chance.one(disturbances);
    const afterMilliseconds = 1000 + chance.below(9000);
    say(`  ${disturbance} after ${afterMilliseconds} ms`);
    await upDisturbed(lab, stack, proxy, { disturbance, afterMilliseconds, words: refresh });
    await stack.up(...refresh);
  } else assertSame("what was done", await runAndSee(stack, "up", "--yes", "--skip-preview", ...refresh), planned);
  await stack.up("--expect-no-changes", ...refresh);
  await assertWorld(bench, stack, model, step.addresses);
}

function assertSame(what: string, actual: ReadonlyMap<string, Op>, expected: ReadonlyMap<string, Op>): void {
  const sorted = (ops: ReadonlyMap<string, Op>) => [...ops].sort();
  if (isDeepStrictEqual(sorted(actual), sorted(expected))) return;
  const differing = [...new Set([...actual.keys(), ...expected.keys()])].filter(
    (resource) => actual.get(resource) !== expected.get(resource),
  );
  const words = differing.map(
    (one) => `${one}: ${actual.get(one) ?? "nothing"} instead of ${expected.get(one) ?? "nothing"}`,
  );
  throw new Error(`${what} is not as it should be: ${words.join(", ")}`);
}
