import { readFile } from "node:fs/promises";

/** Number of clock ticks per second, by which Linux counts the time of processes. */
const ticks = 100;

export interface Usage {
  /** CPU time so far, in seconds. */
  readonly cpuSeconds: number;
  readonly residentMegabytes: number;
  /** The largest resident memory so far. */
  readonly peakMegabytes: number;
}

/** Reads what a process uses, from the kernel. */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile(`/proc/${pid}/status`, "utf8"),
  ]);
  return parseUsage(stat, status);
}

/** Parses the texts of /proc/<pid>/stat and /proc/<pid>/status. */
export function parseUsage(stat: string, status: string): Usage {
  // The program's name, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks,
    residentMegabytes: megabytes("VmRSS"),
    peakMegabytes: megabytes("VmHWM"),
  };
}
