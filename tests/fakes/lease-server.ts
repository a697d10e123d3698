import { sleep } from "../../provider/base/clock.ts";
import type { LeaseObject } from "../../provider/cluster/cluster.ts";
import type { FakeClock } from "./clock.ts";

/** How a call goes: when the server does it and when the answer is there, in seconds; and what may go wrong. */
export interface CallFate {
  readonly doneAfter?: number;
  readonly answeredAfter?: number;
  /** `unsent`: it fails before it is done. `unanswered`: it fails after. `lost`: it is done, and never answered. `hangs`: neither. */
  readonly fault?: "unsent" | "unanswered" | "lost" | "hangs";
}

/** An API server that keeps one Lease, with the compare-and-swap of the real one, and answers as late as a test wants. */
export class LeaseServer {
  private readonly clock: FakeClock;
  lease: LeaseObject | undefined;
  private version = 0;
  /** Holders of all writings that were done, in their order. */
  readonly written: string[] = [];
  /** Calls that have come so far. */
  calls = 0;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  /** What one replica calls; `fate` is asked at each call. */
  for(fate: (call: "find" | "write") => CallFate = () => ({})) {
    return {
      findLease: () => this.call(fate("find"), () => this.lease),
      writeLease: (lease: LeaseObject) => this.call(fate("write"), () => this.write(lease)),
    };
  }

  /** Writes the Lease at once, unless it isn't the version that was read. */
  write(lease: LeaseObject): boolean {
    if (lease.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) return false;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.version) } };
    this.written.push(lease.spec.holderIdentity);
    return true;
  }

  private async call<T>({ doneAfter = 0, answeredAfter = 0, fault }: CallFate, work: () => T): Promise<T> {
    this.calls++;
    const never = () => new Promise<never>(() => undefined);
    if (fault === "hangs") return never();
    if (doneAfter > 0) await sleep(this.clock, doneAfter * 1000);
    if (fault === "unsent") throw new Error("connection refused");
    const result = work();
    if (fault === "lost") return never();
    if (answeredAfter > 0) await sleep(this.clock, answeredAfter * 1000);
    if (fault === "unanswered") throw new Error("connection reset");
    return result;
  }
}
