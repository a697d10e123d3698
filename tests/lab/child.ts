import type { ChildProcess } from "node:child_process";

/** Whether a process has ended, by itself or by a signal. */
export const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Resolves when a process has ended. Its event `exit` comes only once, perhaps before anybody waits for the end. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
}

/** Sends a signal to a process unless it has ended, and resolves when it has. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (!hasEnded(child)) child.kill(signal);
  await endOf(child);
}

/** Kills a process by its ID, unless it has ended meanwhile. */
export function killById(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Resolves with the first output of a process, and rejects if it ends without any. */
export function firstOutput(child: ChildProcess): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", resolve);
    child.once("error", reject);
    // Comes after all output.
    child.once("close", (code, signal) =>
      reject(new Error(`running ${child.spawnargs.slice(0, 6).join(" ")}: it ended (${signal ?? code})`)),
    );
  });
}
