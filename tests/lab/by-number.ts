import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/*
 * Controls this machine's labs by their numbers. Each command runs in its own process, because a process knows the
 * names of only one lab.
 */

/** The program of the lab's command line. */
export const labProgram = join(import.meta.dirname, "main.ts");

/** Environment that selects a lab by its number. */
export function labEnv(number: number): NodeJS.ProcessEnv {
  return { PULUMI_VNIC_LAB: String(number) };
}

/** Starts or removes the lab with the given number. */
export async function runLab(command: "up" | "down", number: number): Promise<void> {
  const child = spawn(process.execPath, [labProgram, command], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...labEnv(number) },
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`lab ${number}: ${command} failed; its own words are above`);
}
