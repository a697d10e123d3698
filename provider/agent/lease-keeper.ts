import { isDeepStrictEqual } from "node:util";
import type { LeaseSubject } from "../model/wire/agent-protocol.ts";
import { type Clock, realClock } from "../base/clock.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import { truncate } from "../base/quote.ts";
import { type ClientEvent, type Lease, readLease } from "../model/lease/lease.ts";
import type { LongRunning } from "../node/run.ts";
import { acquisitionSeconds, type ClientCallbacks } from "./dhcp-client.ts";
import { Timer } from "./timer.ts";

/** Side effects that a keeper needs, and the callback for changes of its lease. */
export interface LeaseEffects {
  /** Starts a DHCP client that asks for the subject's address, if it has one. */
  startClient(subject: LeaseSubject, callbacks: ClientCallbacks): LongRunning;
  /** The addresses of the pod's other links. */
  otherAddresses(subject: LeaseSubject): Promise<string[]>;
  /** Returns the reason why the node refuses the lease; undefined if it doesn't. */
  refusalOf(lease: Lease): string | undefined;
  /** Puts the lease's address on the NIC. */
  addToNic(subject: LeaseSubject, lease: Lease): Promise<void>;
  /** Called when the lease was replaced, extended or lost. */
  changed(keeper: LeaseKeeper): void;
  log(subject: LeaseSubject, text: string): void;
}

/** Delay before a client that ended or got an invalid lease is started again. */
const restartMilliseconds = 5000;
/**
 * The longest delay. It doubles with each refused lease, because one server may give such leases to all Vnics of a node, and
 * each start takes some processor time.
 */
const maxRestartMilliseconds = 60_000;
/** How long a client may take to send its release and to exit. */
const releaseMilliseconds = 2000;

/**
 * Keeps the DHCP lease of one Vnic in one network namespace until it is stopped: through renewals, refusals, expiry
 * and unreachable servers. The client only exchanges messages; this class decides when a lease has expired.
 */
export class LeaseKeeper {
  subject: LeaseSubject;
  private readonly effects: LeaseEffects;
  private readonly clock: Clock;
  /** The current lease; undefined if there is none, see `lossReason`. */
  lease: Lease | undefined;
  lossReason: string | undefined;
  private client: LongRunning | undefined;
  /** Whether the running client has the lease itself: only then can it release the lease. */
  private bound = false;
  private stopped = false;
  /** The number of leases that were refused since the last one that was taken. */
  private refusals = 0;
  private readonly waiting = new Set<{ resolve: (lease: Lease) => void; reject: (error: Error) => void }>();
  /** Queue that handles one event after another. */
  private turn: Promise<void> = Promise.resolve();
  private readonly expiry: Timer;
  private readonly rebinding: Timer;
  private readonly restart: Timer;

  /** @param lease The lease that the resource file has, if any. */
  constructor(subject: LeaseSubject, effects: LeaseEffects, lease?: Lease, clock: Clock = realClock) {
    this.subject = subject;
    this.effects = effects;
    this.clock = clock;
    this.expiry = new Timer(clock);
    this.rebinding = new Timer(clock);
    this.restart = new Timer(clock);
    if (lease) this.keep(lease);
    this.start();
  }

  /** Whether the subject is the keeper's. The cluster's networks may have changed, see {@link follow}. */
  isFor(subject: LeaseSubject): boolean {
    const identity = ({ address: _, dhcp: { clusterNetworks: __, ...dhcp }, ...rest }: LeaseSubject) => [dhcp, rest];
    return isDeepStrictEqual(identity(subject), identity(this.subject));
  }

  /** Takes over the subject's networks of the cluster, for the next offer of a server. */
  follow({ dhcp: { clusterNetworks } }: LeaseSubject): void {
    const { clusterNetworks: _, ...dhcp } = this.subject.dhcp;
    this.subject = { ...this.subject, dhcp: { ...dhcp, ...(clusterNetworks ? { clusterNetworks } : {}) } };
  }

  /** Whether the subject differs from the keeper's only in the NIC's name. */
  isRenamed({ interfaceName, ...subject }: LeaseSubject): boolean {
    const { interfaceName: former } = this.subject;
    return interfaceName !== former && this.isFor({ ...subject, interfaceName: former });
  }

  /** Returns the current lease, or waits for the first one. A client that waits to be started again starts at once. */
  acquire(): Promise<Lease> {
    if (this.lease) return Promise.resolve(this.lease);
    const next = this.next();
    if (!this.client && !this.stopped) this.start();
    return next;
  }

  /** Waits for the client's next lease. */
  private next(): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(acquisitionSeconds * 1000, () =>
        settle.reject(new VnicError("failed", `no DHCP server has given an address within ${acquisitionSeconds} s`)),
      );
      const done = () => {
        cancel();
        this.waiting.delete(settle);
      };
      const settle = {
        resolve: (lease: Lease) => (done(), resolve(lease)),
        reject: (error: Error) => (done(), reject(error)),
      };
      this.waiting.add(settle);
    });
  }

  /** Ends the client, after releasing the lease if `release` is set. Returns whether there was a lease to release. */
  async stop({ release }: { release: boolean }): Promise<boolean> {
    // A client that has just started requests the previous lease, and can release it only after the server has
    // answered.
    if (release && this.lease && !this.bound) await this.next().catch(() => undefined);
    // The release is sent from the leased address, which a killed Job may not have put on the NIC.
    if (release && this.lease && this.bound)
      await this.effects
        .addToNic(this.subject, this.lease)
        .catch((error: unknown) => this.effects.log(this.subject, messageOf(error)));
    this.stopped = true;
    for (const timer of [this.expiry, this.rebinding, this.restart]) timer.clear();
    for (const { reject } of this.waiting) reject(new VnicError("failed", "the lease was released meanwhile"));
    const { client } = this;
    if (!client) return false;
    client.signal(release ? "SIGTERM" : "SIGKILL");
    const cancel = this.clock.after(releaseMilliseconds, () => client.signal("SIGKILL"));
    await client.ended;
    cancel();
    return release && this.bound && this.lease !== undefined;
  }

  private start(): void {
    this.restart.clear();
    const address = this.lease?.address ?? this.subject.address;
    const client = this.effects.startClient(
      { ...this.subject, address },
      {
        event: (event) => this.enqueue(() => this.handleEvent(event)),
        log: (line) => this.effects.log(this.subject, line),
      },
    );
    this.client = client;
    void client.ended.then((how) => {
      this.client = undefined;
      if (this.stopped) return;
      this.bound = false;
      this.effects.log(this.subject, `the DHCP client has ended: ${how}`);
      const delay = restartMilliseconds * 2 ** Math.max(0, this.refusals - 1);
      this.restart.set(Math.min(delay, maxRestartMilliseconds), () => this.start());
    });
  }

  private enqueue(work: () => Promise<void>): void {
    this.turn = this.turn
      .then(async () => {
        if (!this.stopped) await work();
      })
      .catch((error: unknown) => this.effects.log(this.subject, messageOf(error)));
  }

  private async handleEvent(event: ClientEvent): Promise<void> {
    switch (event.event) {
      case "unreadable":
        return this.refuse("it is longer than an offer may be");
      case "bound":
      case "renew":
        return this.accept(event);
      case "nak":
        return this.lose("the DHCP server has refused to renew the lease");
      case "deconfig":
        // The client has stopped using the address, although the lease may still be valid.
        this.bound = false;
    }
  }

  private async accept(event: ClientEvent): Promise<void> {
    const others = await this.effects.otherAddresses(this.subject);
    // The keeper may have been stopped in the meantime, and its address may belong to another host.
    if (this.stopped) return;
    const read = readLease(event, others, this.clock.date(), this.subject.dhcp);
    if ("refused" in read) return this.refuse(read.refused, event.serverid);
    const refusal = this.effects.refusalOf(read);
    if (refusal !== undefined) return this.refuse(refusal, event.serverid);
    this.keep(read);
    this.bound = true;
    this.refusals = 0;
    for (const { resolve } of this.waiting) resolve(read);
    this.effects.changed(this);
  }

  private refuse(why: string, server = "?"): void {
    const error = new VnicError("refused", `the offer of DHCP server ${truncate(server, 64)} is refused: ${why}`);
    this.effects.log(this.subject, error.message);
    this.refusals++;
    for (const { reject } of this.waiting) reject(error);
    // The client considers the refused lease valid; a new client starts from scratch, and may reach another server.
    this.client?.signal("SIGKILL");
  }

  private lose(why: string): void {
    if (!this.lease) return;
    this.lease = undefined;
    this.lossReason = why;
    this.expiry.clear();
    this.rebinding.clear();
    this.effects.changed(this);
  }

  /** Stores the lease, and sets the timers that end it unless another lease comes first. */
  private keep(lease: Lease): void {
    this.lease = lease;
    const age = Math.max(0, this.clock.date().getTime() - Date.parse(lease.obtainedAt));
    const left = (seconds: number) => Math.max(0, seconds * 1000 - age);
    this.expiry.set(left(lease.leaseSeconds), () =>
      this.lose(`the lease of ${lease.address} has expired, and no DHCP server has renewed it`),
    );
    // By itself, the client asks only its own server until half a minute before expiry. SIGUSR1 makes it ask all
    // servers. A client that has just started ignores the signal, but asks all servers anyway.
    const untilRebinding = left(lease.rebindSeconds);
    if (untilRebinding > 0) this.rebinding.set(untilRebinding, () => this.client?.signal("SIGUSR1"));
    else this.rebinding.clear();
  }
}
