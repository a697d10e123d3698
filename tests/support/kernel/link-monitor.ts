import { until } from "../../lab/run.ts";
import type { Machine } from "./machine.ts";

/** Records what the kernel reports about the links of a machine. */
export class LinkMonitor {
  private readonly machine: Machine;
  private readonly stop: () => void;
  private seen = "";

  private constructor(machine: Machine) {
    this.machine = machine;
    const program = machine.spawn(["stdbuf", "--output=L", "ip", "monitor", "link"]);
    program.stdout?.on("data", (chunk: Buffer) => (this.seen += chunk.toString()));
    this.stop = () => void program.kill();
  }

  /** Runs `work`; returns all reports until its end. */
  static async during(machine: Machine, work: () => Promise<unknown>): Promise<string> {
    const monitor = new LinkMonitor(machine);
    try {
      await monitor.mark("first0");
      await work();
      await monitor.mark("last0");
      return monitor.seen;
    } finally {
      monitor.stop();
    }
  }

  /** Waits until a link of that name is reported. Reports come in order, so all earlier ones have been seen then. */
  private async mark(name: string): Promise<void> {
    await until(`a report of ${name}`, 30, async () => {
      await this.machine.ip(`link add ${name} type bridge`, `link del ${name}`);
      return this.seen.includes(name) || undefined;
    });
  }
}
