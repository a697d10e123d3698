import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** A shell that restarts its arguments, so that a program that exits early doesn't break the lab. */
const keepRunning = 'while :; do "$@"; sleep 0.2; done';

/**
 * Go's programs collect garbage less often than usual, with up to this much memory: an API server spends a seventh of its
 * processor time on it, and a lab has more memory than processors.
 */
export const rareCollections = { GOGC: "300", GOMEMLIMIT: "768MiB" } as const;

/**
 * Starts a program in namespaces (`namespaces` are arguments of nsenter) and in its own session, so that it continues
 * after this process has ended.
 */
export function startDaemon(logFile: string, namespaces: readonly string[], argv: readonly string[]): void {
  const log = openSync(logFile, "a");
  const supervised = ["sh", "-c", keepRunning, "keep-running", ...argv];
  spawn("nsenter", [...namespaces, ...supervised], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root", ...rareCollections },
  }).unref();
  closeSync(log);
}
