import type { ChildProcess } from "node:child_process";
import type { Host, Lab } from "../lab/index.ts";
import { until } from "../lab/run.ts";

/** Pings an address from an outside host, 20 times a second, until it is stopped. */
export class PingStream {
  private readonly program: ChildProcess;
  private readonly ended: Promise<unknown>;
  private output = "";

  constructor(lab: Lab, from: Host, address: string) {
    this.program = lab.spawn(from, ["ping", "-n", "-i", "0.05", address]);
    this.program.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = new Promise((resolve) => this.program.once("close", resolve));
  }

  /** Resolves when a ping was answered: before that, the program may not even have started. */
  async begun(): Promise<void> {
    await until("the first answer to a ping", 60, () => this.answered.length > 0 || undefined, { brief: true });
  }

  /** The numbers of the pings that were answered, in the order of the answers. The first ping has number 1. */
  get answered(): number[] {
    return [...this.output.matchAll(/ icmp_seq=(\d+) ttl=/g)].map(([, number]) => Number(number));
  }

  /** Whether at least a tenth of a second passed without an answer, and answers came again. */
  get hasRecovered(): boolean {
    return this.answered.some((number, index, all) => index > 0 && number > (all[index - 1] ?? 0) + 2);
  }

  /** Ends it; returns the numbers of all pings without an answer. */
  async stop(): Promise<number[]> {
    this.program.kill("SIGINT");
    await this.ended;
    const answered = new Set(this.answered);
    const sent = Number(/(\d+) packets transmitted/.exec(this.output)?.[1] ?? 0);
    // The answer to the last ping may be missing because the program was ended.
    return Array.from({ length: Math.max(0, sent - 1) }, (_, index) => index + 1).filter((one) => !answered.has(one));
  }
}
