import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/* Labs of this machine by their numbers, each in processes of its own, because a process has the names of one lab only. */

/** The program of the lab's command line. */
export const labProgram = join(import.meta.dirname, "main.ts");

/** Environment that selects a lab by its number. */
export function labEnv(number: number): NodeJS.ProcessEnv {
  return { PULUMI_VNIC_LAB: String(number) };
}

/** Starts or removes the lab with that number. */
export async function runLab(command: "up" | "down", number: number): Promise<void> {
  const child = spawn(process.execPath, [labProgram, command], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...labEnv(number) },
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`lab ${number}: ${command} failed; its own words are above`);
}
