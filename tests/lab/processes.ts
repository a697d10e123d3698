import { readFileSync, readlinkSync, readdirSync, statSync } from "node:fs";
import { cgroup, machines, netnsPath, type Machine } from "./layout.ts";
import { killById } from "./child.ts";
import { until } from "./run.ts";

/**
 * The lab's processes, identified by its network namespaces and its cgroup. No PIDs are stored, so none can be stale,
 * and a process that was started just before a crash is found as well.
 */
export function findProcesses(): number[] {
  const namespaces = new Set(machines.map(inodeOf).filter((inode) => inode !== undefined));
  return allPids().filter((pid) => {
    if (pid === process.pid) return false;
    const netns = netnsOf(pid);
    if (netns !== undefined && namespaces.has(netns)) return true;
    return read(`/proc/${pid}/cgroup`).includes(`:/${cgroup}/`);
  });
}

/**
 * The first process of a machine with its own PID namespace. Commands on the machine enter the namespaces of this
 * process.
 */
export function findInit(machine: Machine): number | undefined {
  const inode = inodeOf(machine);
  if (inode === undefined) return undefined;
  return allPids().find((pid) => netnsOf(pid) === inode && isInit(pid));
}

/** The name of a process's program; empty if it has ended. */
export function programOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim();
}

/** Kills all of the lab's processes, and resolves when none is left. */
export async function killProcesses(): Promise<void> {
  await until("the end of the lab's processes", 120, () => {
    const pids = findProcesses();
    pids.forEach(killById);
    return pids.length === 0 ? true : undefined;
  });
}

/** Whether a process is process 1 of a PID namespace directly below ours. */
function isInit(pid: number): boolean {
  return /^NSpid:\t\d+\t1$/m.test(read(`/proc/${pid}/status`));
}

function allPids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function netnsOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined; // the process has ended, or is a zombie
  }
}

function inodeOf(machine: Machine): string | undefined {
  const file = statSync(netnsPath(machine), { throwIfNoEntry: false });
  return file === undefined ? undefined : `net:[${file.ino}]`;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
