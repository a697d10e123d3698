import { type Clock, realClock, sleep } from "../base/clock.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import type { LeaseObject, Leases } from "../cluster/cluster.ts";
import { reconcilerName } from "../model/names.ts";
import type { Log } from "./log.ts";

/*
 * Leader election among the replicas, as in Kubernetes' own controllers: the leader renews a Lease, and another replica
 * takes over the Lease when it has seen no renewal for the Lease's whole duration, by its own clock. The leader counts
 * from before it sent its last successful renewal, the other replicas from when they saw it, so the leader always stops
 * first.
 */

const durationSeconds = 15;
const renewEverySeconds = 3;
/** The leader stops this long after it sent its last successful renewal, before any other replica may take over. */
const giveUpAfterSeconds = 10;
/** How often resigning is retried after a conflict, which only a concurrent renewal can cause. */
const resignAttempts = 5;

export interface Leadership {
  /** Resolves, with the reason, when another replica may be leading: all work must end at once. */
  readonly lost: Promise<string>;
  /**
   * Gives up the Lease, so that another replica can take over at once.
   * @throws VnicError `outdated` if the Lease was changed at each attempt.
   */
  resign(): Promise<void>;
}

/** Waits until `identity` is the leader. */
export async function becomeLeader(
  leases: Leases,
  identity: string,
  log: Log,
  clock: Clock = realClock,
): Promise<Leadership> {
  let seen: { version: string | undefined; since: number } | undefined;
  for (;;) {
    try {
      const lease = await leases.findLease(reconcilerName);
      const version = lease?.metadata.resourceVersion;
      // A deleted Lease may still have a leader, unless it never existed.
      if (seen ? seen.version !== version : lease) seen = { version, since: clock.now() };
      const holder = lease ? lease.spec.holderIdentity : seen && "a former leader";
      const isOver = clock.now() - (seen?.since ?? 0) > (lease?.spec.leaseDurationSeconds ?? durationSeconds) * 1000;
      if (!holder || holder === identity || isOver) {
        const sentAt = clock.now();
        const isWritten = await leases.writeLease(leaseOf(identity, version, clock));
        if (isWritten && clock.now() < deadlineOf(sentAt)) return new Term(leases, identity, clock, sentAt);
      }
    } catch (error) {
      log("error", messageOf(error));
    }
    await sleep(clock, 1000);
  }
}

/** The term of one leader: renews the Lease until it resigns or may have lost it. */
class Term implements Leadership {
  readonly lost: Promise<string>;
  private readonly leases: Leases;
  private readonly identity: string;
  private readonly clock: Clock;
  private resolveLost: (why: string) => void = () => undefined;
  private sentAt = -Infinity;
  /** The highest version of the Lease that was read. */
  private version = 0n;
  private cancelDeadline: () => void = () => undefined;
  /** Whether the leader has stopped renewing. */
  private isOver = false;

  constructor(leases: Leases, identity: string, clock: Clock, sentAt: number) {
    this.leases = leases;
    this.identity = identity;
    this.clock = clock;
    this.lost = new Promise((resolve) => (this.resolveLost = resolve));
    this.extend(sentAt);
    void this.keep();
  }

  async resign(): Promise<void> {
    this.isOver = true;
    for (let attempt = 0; attempt < resignAttempts; attempt++) {
      const lease = await this.leases.findLease(reconcilerName);
      const isGivenUp =
        lease?.spec.holderIdentity !== this.identity ||
        (await this.leases.writeLease(leaseOf("", lease.metadata.resourceVersion, this.clock)));
      if (isGivenUp) return this.cancelDeadline();
    }
    throw new VnicError("outdated", `giving up Lease ${reconcilerName}: it was changed at each attempt`);
  }

  private async keep(): Promise<void> {
    for (;;) {
      await sleep(this.clock, renewEverySeconds * 1000);
      if (this.isOver) return;
      // A request that hangs doesn't prevent the next try.
      await Promise.race([this.renew().catch(() => undefined), sleep(this.clock, renewEverySeconds * 1000)]);
    }
  }

  private async renew(): Promise<void> {
    const known = this.version;
    const lease = await this.leases.findLease(reconcilerName);
    // The term may have ended in the meantime.
    if (this.isOver) return;
    const version = versionOf(lease);
    // Until its versions are as high as before, such a server says nothing to the watches, which go on from the last one.
    if (version !== undefined && version < known)
      return this.lose("the API server has an earlier state, as after etcd was restored from a backup");
    if (version !== undefined && version > this.version) this.version = version;
    const holder = lease?.spec.holderIdentity;
    if (lease && holder !== this.identity) return this.lose(`${holder || "nobody"} leads now`);
    const sentAt = this.clock.now();
    if (await this.leases.writeLease(leaseOf(this.identity, lease?.metadata.resourceVersion, this.clock)))
      this.extend(sentAt);
  }

  /** Moves the deadline after a renewal that was sent at `sentAt`; responses may arrive out of order. */
  private extend(sentAt: number): void {
    if (this.isOver || sentAt <= this.sentAt) return;
    this.sentAt = sentAt;
    this.cancelDeadline();
    this.cancelDeadline = this.clock.after(Math.max(0, deadlineOf(sentAt) - this.clock.now()), () =>
      this.lose(`the Lease could not be renewed for ${giveUpAfterSeconds} s`),
    );
  }

  private lose(why: string): void {
    this.isOver = true;
    this.cancelDeadline();
    this.resolveLost(why);
  }
}

function deadlineOf(sentAt: number): number {
  return sentAt + giveUpAfterSeconds * 1000;
}

/** The version of a Lease as a number, by which Kubernetes orders versions. */
function versionOf(lease: LeaseObject | undefined): bigint | undefined {
  const { resourceVersion = "" } = lease?.metadata ?? {};
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : undefined;
}

function leaseOf(identity: string, resourceVersion: string | undefined, clock: Clock): LeaseObject {
  return {
    metadata: { name: reconcilerName, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { holderIdentity: identity, leaseDurationSeconds: durationSeconds, renewTime: clock.date() },
  };
}

/**
 * A call for the Lease that takes longer than this shows that the API server is overloaded, while the leader still has
 * time.
 */
const lateMilliseconds = 3000;

/** Wraps Leases so that `onLate` is called for each call that takes long, while the call is still running. */
export function withDelayReports(leases: Leases, onLate: () => void, clock: Clock = realClock): Leases {
  const timed = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    const cancel = clock.after(lateMilliseconds, onLate);
    return call().finally(cancel);
  };
  return {
    findLease: (name) => timed(() => leases.findLease(name)),
    writeLease: (lease) => timed(() => leases.writeLease(lease)),
  };
}
