import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { type Netns, runIn } from "./netns.ts";
import { run } from "./run.ts";

let writable: Promise<void> | undefined;

/**
 * Lets this container write /proc/sys: runtimes mount it read-only for all that isn't privileged. Only our own mount
 * namespace changes. The files below /proc/sys/net are always those of the writer's network namespace.
 */
export function makeSysctlsWritable(): Promise<void> {
  writable ??= access("/proc/sys/net/ipv4/conf/all/arp_notify", constants.W_OK).catch(async () => {
    await run("mount", ["-o", "remount,rw,bind", "/proc/sys"]);
  });
  // The next one tries again.
  writable.catch(() => (writable = undefined));
  return writable;
}

/** `settings` as `net/ipv4/conf/net1/arp_notify=1`; a key that this kernel doesn't have (IPv6 switched off) is skipped. */
export async function setSysctls(netns: Netns, settings: readonly string[]): Promise<void> {
  await makeSysctlsWritable();
  await runIn(netns, "sysctl", ["-q", "-e", "-w", ...settings]);
}
