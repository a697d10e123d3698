import { sleep } from "../../provider/base/clock.ts";
import type { LeaseObject } from "../../provider/cluster/cluster.ts";
import type { FakeClock } from "./clock.ts";

/** The fate of a call: when the server executes it and when the response arrives, in seconds, and an optional fault. */
export interface CallFate {
  readonly doneAfter?: number;
  readonly answeredAfter?: number;
  /**
   * `unsent`: fails before the server executes it. `unanswered`: fails after the server has executed it. `lost`: is
   * executed, but never gets a response. `hangs`: is neither executed nor gets a response.
   */
  readonly fault?: "unsent" | "unanswered" | "lost" | "hangs";
}

/** An API server with one Lease, optimistic locking as in the real one, and configurable delays. */
export class LeaseServer {
  private readonly clock: FakeClock;
  lease: LeaseObject | undefined;
  private version = 0;
  /** The holder of each write that was executed, in order. */
  readonly written: string[] = [];
  /** Number of calls so far. */
  calls = 0;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  /** The Leases of one replica; `fate` is called for each call. */
  for(fate: (call: "find" | "write") => CallFate) {
    return {
      findLease: () => this.call(fate("find"), () => this.lease),
      writeLease: (lease: LeaseObject) => this.call(fate("write"), () => this.write(lease)),
    };
  }

  /** Writes the Lease immediately, unless it has another version than the one that was read. */
  write(lease: LeaseObject): boolean {
    if (lease.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) return false;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.version) } };
    this.written.push(lease.spec.holderIdentity);
    return true;
  }

  backup(): { readonly lease: LeaseObject | undefined; readonly version: number } {
    return { lease: this.lease, version: this.version };
  }

  restore({ lease, version }: ReturnType<LeaseServer["backup"]>): void {
    this.lease = lease;
    this.version = version;
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
