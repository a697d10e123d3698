import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { labNumber } from "../lab/layout.ts";
import { testsFolder } from "./tiers.ts";

/** Environment that selects one of this run's labs by index; lab 0 stays up after the run. */
export function labEnv(index: number): NodeJS.ProcessEnv {
  return { PULUMI_VNIC_LAB: String(labNumber + index) };
}

/** Runs a command of the lab's CLI for one of this run's labs. */
export async function runLab(command: "up" | "down", index: number): Promise<void> {
  const child = spawn(process.execPath, [join(testsFolder, "lab", "main.ts"), command], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...labEnv(index) },
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`lab ${labNumber + index}: ${command} failed; its own words are above`);
}
