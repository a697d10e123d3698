import { isDeepStrictEqual } from "node:util";
import type { LeaseSubject } from "../model/wire/agent-protocol.ts";
import { type Clock, realClock } from "../base/clock.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import { cut } from "../base/quote.ts";
import { type ClientEvent, type Lease, readLease } from "../model/lease/lease.ts";
import type { Lasting } from "../node/run.ts";
import { acquisitionSeconds, type ClientEars } from "./dhcp-client.ts";
import { Timer } from "./timer.ts";

/** What a keeper needs of the world, and to whom it tells what has become of its lease. */
export interface LeaseEffects {
  /** Starts a DHCP client that asks for the subject's address, if it has one. */
  startClient(subject: LeaseSubject, ears: ClientEars): Lasting;
  /** The pod's addresses that aren't this lease's. */
  otherAddresses(subject: LeaseSubject): Promise<string[]>;
  /** Sees to it that the lease's address is on the NIC. */
  carry(subject: LeaseSubject, lease: Lease): Promise<void>;
  /** Another lease, the same one for longer, or none. */
  changed(keeper: LeaseKeeper): void;
  log(subject: LeaseSubject, text: string): void;
}

/** Before a client that ended, or was given nonsense, is started again. */
const restartMilliseconds = 5000;
/** How long a client may take to send its release and end. */
const releaseMilliseconds = 2000;

/**
 * Keeps the lease of one Vnic in one network namespace for as long as it isn't stopped: through renewals, refusals, expiry and
 * the silence of servers. The client asks and listens; when a lease ends is said here, by its own time.
 */
export class LeaseKeeper {
  readonly subject: LeaseSubject;
  private readonly effects: LeaseEffects;
  private readonly clock: Clock;
  /** What is held now; without it, why it was lost. */
  lease: Lease | undefined;
  lossReason: string | undefined;
  private client: Lasting | undefined;
  /** Whether the client that runs knows the lease; only then it can give it back. */
  private bound = false;
  private stopped = false;
  private readonly waiting = new Set<{ resolve: (lease: Lease) => void; reject: (error: Error) => void }>();
  /** One event after the other. */
  private turn: Promise<void> = Promise.resolve();
  private readonly expiry: Timer;
  private readonly rebinding: Timer;
  private readonly restart: Timer;

  /** `lease` is one that is held already, as the resource file says. */
  constructor(subject: LeaseSubject, effects: LeaseEffects, lease?: Lease, clock: Clock = realClock) {
    this.subject = subject;
    this.effects = effects;
    this.clock = clock;
    this.expiry = new Timer(clock);
    this.rebinding = new Timer(clock);
    this.restart = new Timer(clock);
    if (lease) this.watch(lease);
    this.start();
  }

  isFor(subject: LeaseSubject): boolean {
    const identity = ({ address: _, ...rest }: LeaseSubject) => rest;
    return isDeepStrictEqual(identity(subject), identity(this.subject));
  }

  /** The lease that there is, or the first one that comes. */
  acquire(): Promise<Lease> {
    return this.lease ? Promise.resolve(this.lease) : this.next();
  }

  /** The next one that the client hears of. */
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

  /** Ends the client, after it has given the lease back if it is to; answers whether it had one to give. */
  async stop({ release }: { release: boolean }): Promise<boolean> {
    // A client that has just started asks for the lease of last time, which it doesn't have before that is answered.
    if (release && this.lease && !this.bound) await this.next().catch(() => undefined);
    // It is given back from its own address, which a Job that was killed may not have put there.
    if (release && this.lease && this.bound)
      await this.effects
        .carry(this.subject, this.lease)
        .catch((error: unknown) => this.effects.log(this.subject, messageOf(error)));
    this.stopped = true;
    for (const timer of [this.expiry, this.rebinding, this.restart]) timer.clear();
    for (const { reject } of this.waiting) reject(new VnicError("failed", "the lease was given up meanwhile"));
    const { client } = this;
    if (!client) return false;
    client.signal(release ? "SIGTERM" : "SIGKILL");
    const cancel = this.clock.after(releaseMilliseconds, () => client.signal("SIGKILL"));
    await client.ended;
    cancel();
    return release && this.bound && this.lease !== undefined;
  }

  private start(): void {
    const address = this.lease?.address ?? this.subject.address;
    const client = this.effects.startClient(
      { ...this.subject, address },
      {
        event: (event) => this.enqueue(() => this.hear(event)),
        log: (line) => this.effects.log(this.subject, line),
      },
    );
    this.client = client;
    void client.ended.then((how) => {
      this.client = undefined;
      if (this.stopped) return;
      this.bound = false;
      this.effects.log(this.subject, `the DHCP client has ended: ${how}`);
      this.restart.set(restartMilliseconds, () => this.start());
    });
  }

  private enqueue(work: () => Promise<void>): void {
    this.turn = this.turn
      .then(async () => {
        if (!this.stopped) await work();
      })
      .catch((error: unknown) => this.effects.log(this.subject, messageOf(error)));
  }

  private async hear(event: ClientEvent): Promise<void> {
    switch (event.event) {
      case "bound":
      case "renew":
        return this.take(event);
      case "nak":
        return this.lose("the DHCP server has refused to renew the lease");
      case "deconfig":
        // It has given up for now, which it does long before the lease's time is over.
        this.bound = false;
    }
  }

  private async take(event: ClientEvent): Promise<void> {
    const others = await this.effects.otherAddresses(this.subject);
    // It may have been stopped meanwhile, and what it keeps be somebody else's by now.
    if (this.stopped) return;
    const read = readLease(event, others, this.clock.date(), this.subject.dhcp);
    if ("refused" in read) {
      const error = new VnicError(
        "refused",
        `the offer of DHCP server ${cut(event.serverid ?? "?", 64)} is refused: ${read.refused}`,
      );
      this.effects.log(this.subject, error.message);
      for (const { reject } of this.waiting) reject(error);
      // It believes in that lease; another one begins anew, and may meet another server.
      this.client?.signal("SIGKILL");
      return;
    }
    this.watch(read);
    this.bound = true;
    for (const { resolve } of this.waiting) resolve(read);
    this.effects.changed(this);
  }

  private lose(why: string): void {
    if (!this.lease) return;
    this.lease = undefined;
    this.lossReason = why;
    this.expiry.clear();
    this.rebinding.clear();
    this.effects.changed(this);
  }

  /** Stores the lease, which ends with its time unless another one comes before. */
  private watch(lease: Lease): void {
    this.lease = lease;
    const age = Math.max(0, this.clock.date().getTime() - Date.parse(lease.obtainedAt));
    const left = (seconds: number) => Math.max(0, seconds * 1000 - age);
    this.expiry.set(left(lease.leaseSeconds), () =>
      this.lose(`the lease of ${lease.address} has expired, and no DHCP server has renewed it`),
    );
    // By itself the client asks its own server alone until half a minute before the end. One that has just started has no
    // ear for signals yet, and asks them all.
    const untilRebinding = left(lease.rebindSeconds);
    if (untilRebinding > 0) this.rebinding.set(untilRebinding, () => this.client?.signal("SIGUSR1"));
    else this.rebinding.clear();
  }
}
