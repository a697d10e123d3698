import { randomBytes } from "node:crypto";
import { type Clock, realClock } from "../../base/clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { isVnicError } from "../../base/errors.ts";
import type { NodeObject } from "../../model/kubernetes/node.ts";
import { sessionJobName, systemNamespace } from "../../model/names.ts";
import type { Deadline } from "../deadline.ts";
import { openSession, type Session } from "./session.ts";

export interface SessionPoolOptions {
  readonly image: string;
  /** The time between attempts to attach to a session that starts, in milliseconds. @default 15 */
  readonly attachEveryMilliseconds?: number;
  /** How long a session stays open without work, in milliseconds. @default 3000 */
  readonly lingerMilliseconds?: number;
  /** How many sessions may be open before one without work is ended early for another node. @default 100 */
  readonly mostLingering?: number;
  /** Called when a session with a node was opened, with how long that took. */
  readonly onOpened?: (node: string, seconds: number) => void;
  /** Called when a session with a node couldn't be opened. */
  readonly onFailed?: (node: string) => void;
  /** @default the real clock */
  readonly clock?: Clock;
}

interface Shared {
  readonly session: Promise<Session>;
  isOpen: boolean;
  users: number;
  stopLingering?: () => void;
}

/** The injection sessions of one driver: one for each node, shared by all concurrent work there. */
export class SessionPool {
  private readonly cluster: Cluster;
  private readonly image: string;
  private readonly attachEveryMilliseconds: number;
  private readonly lingerMilliseconds: number;
  private readonly mostLingering: number;
  private readonly onOpened: SessionPoolOptions["onOpened"];
  private readonly onFailed: SessionPoolOptions["onFailed"];
  private readonly clock: Clock;
  private readonly shared = new Map<string, Shared>();
  private readonly closing = new Set<Promise<void>>();

  constructor(cluster: Cluster, options: SessionPoolOptions) {
    const { image, attachEveryMilliseconds = 15, lingerMilliseconds = 3000 } = options;
    const { mostLingering = 100, onOpened, onFailed, clock = realClock } = options;
    this.cluster = cluster;
    this.image = image;
    this.attachEveryMilliseconds = attachEveryMilliseconds;
    this.lingerMilliseconds = lingerMilliseconds;
    this.mostLingering = mostLingering;
    this.onOpened = onOpened;
    this.onFailed = onFailed;
    this.clock = clock;
  }

  /**
   * Runs `work` with the node's session, opening one if there is none. If the session breaks, `work` is run again with
   * a new session, so `work` must be repeatable. `beforeOpening` returns the Node. It isn't run while a session is open,
   * which shows that the node is there.
   */
  async use<T>(
    node: string,
    deadline: Deadline,
    work: (session: Session) => Promise<T>,
    beforeOpening?: () => Promise<NodeObject>,
  ): Promise<T> {
    for (;;) {
      const found = this.shared.get(node)?.isOpen ? undefined : await beforeOpening?.();
      const entry = this.enter(node, deadline, found);
      try {
        const session = await deadline.limit(entry.session, `an injection session on node ${node}`);
        return await deadline.limit(
          work(session),
          `the answer of node ${node} in injection session ${systemNamespace}/${session.job}`,
        );
      } catch (error) {
        // If the session was opened for another caller, that caller's deadline may have been shorter than ours.
        const again = isVnicError(error, "sessionBroken", "deadline") && deadline.remainingMilliseconds > 0;
        if (!again) throw error;
        await deadline.wait(100, `an injection session on node ${node}: ${error.message}`);
      } finally {
        this.leave(node, entry);
      }
    }
  }

  /** How many sessions are open or being opened. */
  get size(): number {
    return this.shared.size;
  }

  /** Ends all sessions and removes their Jobs. */
  async close(): Promise<void> {
    for (const [node, entry] of this.shared) this.retire(node, entry);
    await Promise.all(this.closing);
  }

  private enter(node: string, deadline: Deadline, found?: NodeObject): Shared {
    let entry = this.shared.get(node);
    if (!entry) {
      this.makeRoom();
      const name = sessionJobName(node, randomBytes(4).toString("hex"));
      const { image, attachEveryMilliseconds } = this;
      const options = { name, node, image, idleSeconds: 60, attachEveryMilliseconds };
      const began = this.clock.now();
      const opening = openSession(this.cluster, options, deadline, found);
      const created: Shared = { users: 0, isOpen: false, session: opening };
      opening.then(
        (session) => {
          created.isOpen = true;
          session.onBroken(() => this.retire(node, created));
          this.onOpened?.(node, (this.clock.now() - began) / 1000);
        },
        () => {
          this.forget(node, created);
          this.onFailed?.(node);
        },
      );
      this.shared.set(node, created);
      entry = created;
    }
    entry.stopLingering?.();
    entry.users++;
    return entry;
  }

  private leave(node: string, entry: Shared): void {
    if (--entry.users > 0 || this.shared.get(node) !== entry) return;
    // The sessions are ordered by when they were left.
    this.shared.delete(node);
    this.shared.set(node, entry);
    entry.stopLingering = this.clock.after(this.lingerMilliseconds, () => this.retire(node, entry));
  }

  /** Ends the session that has been without work longest, if there are many. Sessions with work aren't ended. */
  private makeRoom(): void {
    if (this.shared.size < this.mostLingering) return;
    for (const [node, entry] of this.shared)
      if (entry.users === 0) {
        this.retire(node, entry);
        return;
      }
  }

  private retire(node: string, entry: Shared): void {
    if (this.shared.get(node) !== entry) return;
    entry.stopLingering?.();
    this.forget(node, entry);
    const ending = entry.session.then(
      async (session) => {
        session.close();
        await this.cluster.deleteJob(session.job);
      },
      () => undefined,
    );
    // If this fails, the Job's TTL removes it.
    const settled = ending.catch(() => undefined).then(() => void this.closing.delete(settled));
    this.closing.add(settled);
  }

  private forget(node: string, entry: Shared): void {
    if (this.shared.get(node) === entry) this.shared.delete(node);
  }
}
