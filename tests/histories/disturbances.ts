import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab/index.ts";
import type { FaultProxy } from "../support/fault-proxy.ts";
import { killNodeSide, killProvider } from "../support/kill.ts";
import type { Stack } from "../support/stack.ts";

/* Disturbances of an engine run that is in progress. */

export const disturbances = [
  "engine killed",
  "provider killed",
  "node side killed",
  "connections cut",
  "bad weather",
] as const;
export type Disturbance = (typeof disturbances)[number];

/** Runs `up` and disturbs it after a while, so that it may fail. The disturbance has ended when this resolves. */
export async function upDisturbed(
  lab: Lab,
  stack: Stack,
  proxy: FaultProxy,
  { disturbance, afterMilliseconds, words }: { disturbance: Disturbance; afterMilliseconds: number; words: string[] },
): Promise<void> {
  const [program = "", ...argv] = stack.argv("up", "--yes", "--skip-preview", ...words);
  const engine = spawn(program, argv, { ...stack.spawnOptions, stdio: "ignore" });
  const ended = new Promise<"ended">((resolve) => engine.once("close", () => resolve("ended")));
  if (disturbance === "bad weather") proxy.faultRandomly(10);
  const early = await Promise.race([ended, sleep(afterMilliseconds)]);
  if (early !== "ended") {
    if (disturbance === "engine killed") engine.kill("SIGKILL");
    if (disturbance === "provider killed") await killProvider(stack);
    if (disturbance === "node side killed") await killNodeSide(lab);
    if (disturbance === "connections cut") proxy.cutAll();
  }
  const hung = await Promise.race([ended, sleep(240_000, "hung" as const, { ref: false })]);
  proxy.heal();
  if (hung === "hung") {
    engine.kill("SIGKILL");
    throw new Error(`pulumi up hangs after: ${disturbance}`);
  }
  if (disturbance === "engine killed") await stack.pulumi("cancel", "--yes");
}
