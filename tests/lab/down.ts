import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findCgroups, removeCgroups } from "./cgroups.ts";
import { hostLink, machines, netnsPath, stateDir } from "./layout.ts";
import { forgetNetnsDir, removeNetwork } from "./network.ts";
import { findProcesses, killProcesses } from "./processes.ts";
import { must } from "./run.ts";

/** Where `up` records that the machine had no /run/netns before. */
export const netnsMarker = join(stateDir, "made-run-netns");

/** Removes the whole lab, whatever state it is in; it needs no record of what `up` did. */
export async function tearDown(): Promise<void> {
  await killProcesses();
  await removeNetwork();
  // Kill again, because a process may have been entering a namespace during the first pass.
  await killProcesses();
  await removeCgroups();
  await forgetNetnsDir(netnsMarker);
  await must(["rm", "-rf", "--one-file-system", stateDir]);
}

/** Lists the parts of the lab that exist; empty after `down`. */
export function findRemains(): string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return [
    ...findProcesses().map((pid) => `process ${pid}`),
    ...machines.filter((machine) => existsSync(netnsPath(machine))).map((machine) => `namespace ${netnsPath(machine)}`),
    ...mounts
      .filter((line) => line.includes(`${stateDir}/`) || machines.some((machine) => line.includes(netnsPath(machine))))
      .map((line) => `mount ${line}`),
    ...findCgroups().map((dir) => `cgroup ${dir}`),
    ...[`/sys/class/net/${hostLink}`, stateDir].filter((path) => existsSync(path)),
  ];
}
