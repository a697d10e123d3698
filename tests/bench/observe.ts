import { readFile } from "node:fs/promises";
import type { Exchange, FaultProxy } from "../support/fault-proxy.ts";

/** CPU time in milliseconds. */
export interface Cpu {
  /** What the programs took that were started here, and their own: the engine, its plugins and the program. */
  readonly engine: number;
  /** What all programs of the machine and its kernel took, so also API server, kubelets, runtimes and node side. */
  readonly machine: number;
}

/** What happened between the start and the end of one operation, by one clock in milliseconds. */
export interface Observed {
  readonly beganAt: number;
  readonly endedAt: number;
  readonly cpu: Cpu;
  readonly exchanges: readonly Exchange[];
  /** What was sent to the node in sessions. */
  readonly sent: readonly { readonly at: number; readonly bytes: number }[];
}

/** Runs an operation whose requests pass a proxy, and returns what was seen of it. */
export async function observe(proxy: FaultProxy, work: () => Promise<unknown>): Promise<Observed> {
  proxy.exchanges.length = proxy.sent.length = 0;
  const before = await cpuTimes();
  const beganAt = performance.now();
  await work();
  const endedAt = performance.now();
  const after = await cpuTimes();
  const cpu = { engine: after.engine - before.engine, machine: after.machine - before.machine };
  // A request of what went before may end only now.
  const exchanges = proxy.exchanges.filter((one) => one.beganAt >= beganAt);
  return { beganAt, endedAt, cpu, exchanges, sent: [...proxy.sent] };
}

/** The kernel counts CPU time in hundredths of a second for programs (USER_HZ, proc(5)). */
const millisecondsPerTick = 10;

/** CPU times until now: of all programs that this one has started and that have ended, and of the whole machine. */
export async function cpuTimes(): Promise<Cpu> {
  const [own, machine] = await Promise.all([readFile("/proc/self/stat", "utf8"), readFile("/proc/stat", "utf8")]);
  return { engine: childrenTicks(own) * millisecondsPerTick, machine: busyTicks(machine) * millisecondsPerTick };
}

/** The fields `cutime` and `cstime` of /proc/<pid>/stat (proc_pid_stat(5)). The program's name may have spaces. */
export function childrenTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // The third field is the first one after the name.
  return Number(fields[16 - 3]) + Number(fields[17 - 3]);
}

/** The ticks of /proc/stat (proc_stat(5)) in which a CPU wasn't idle, without those that its host took from it. */
export function busyTicks(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (stat.split("\n")[0] ?? "")
    .split(/ +/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq;
}
