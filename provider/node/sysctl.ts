import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type Netns, runIn } from "./netns.ts";
import { run } from "./run.ts";

let writable: Promise<void> | undefined;

/**
 * Makes /proc/sys writable in this container, as runtimes mount it read-only unless the container is privileged. Only
 * our own mount namespace changes. Files below /proc/sys/net always belong to the network namespace of the process
 * that opens them.
 */
export function makeSysctlsWritable(): Promise<void> {
  writable ??= access("/proc/sys/net/ipv4/conf/all/arp_notify", constants.W_OK).catch(async () => {
    await run("mount", ["-o", "remount,rw,bind", "/proc/sys"]);
  });
  // After a failure, the next call tries again.
  writable.catch(() => (writable = undefined));
  return writable;
}

/**
 * Writes settings like `net/ipv4/conf/net1/arp_notify=1`; skips keys that this kernel doesn't have, for example
 * because IPv6 is off.
 */
export async function setSysctls(netns: Netns, settings: readonly string[]): Promise<void> {
  await makeSysctlsWritable();
  await runIn(netns, "sysctl", ["-q", "-e", "-w", ...settings]);
}
