import type { Cluster } from "../cluster/cluster.ts";
import { type Clock, realClock } from "../base/clock.ts";
import { isVnicError, messageOf } from "../base/errors.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import type { SessionPool } from "../lifecycle/session/session-pool.ts";
import type { Session } from "../lifecycle/session/session.ts";
import { placeOf } from "../model/vnic/record.ts";
import type { Log } from "./log.ts";

/** For all that a node may hold, also of pods that make each look slow. */
const longestSeconds = 600;

/**
 * Takes off a node what it holds of Vnics that are gone or elsewhere by now: of a node that was given up for lost, and came
 * back. Whatever is about to be made there has its place in a record already. Answers with how many it held.
 */
export async function sweep(cluster: Cluster, log: Log, node: string, session: Session): Promise<number> {
  const { vnics } = await session.request("list", {});
  for (const vnic of vnics) {
    const { uid, namespace, name } = vnic;
    const record = await cluster.findVnic({ namespace, name });
    if (record?.metadata.uid === uid && placeOf(record)?.node === node) continue;
    const about = { vnic: `${namespace}/${name}` };
    try {
      await session.request("eject", { plan: { vnic } });
      log("info", `removed what node ${node} held of it, which is gone or elsewhere`, about);
    } catch (error) {
      if (isVnicError(error, "sessionBroken")) throw error;
      // What keeps one Vnic, such as its pod, keeps no other.
      log("error", `sweeping node ${node}: ${messageOf(error)}`, about);
    }
  }
  return vnics.length;
}

export interface SweepOptions {
  readonly log: Log;
  /** Sweeps the node now, and answers with how many Vnics it held. */
  readonly sweep: (node: string) => Promise<number>;
  /** Between the end of a sweep of a node and the beginning of its next one. */
  readonly everySeconds: number;
  readonly clock?: Clock;
}

/** Sweeps a node at its first session, and from then on by time, however long sessions last, until it holds no Vnic. */
export class Sweeps {
  private readonly options: SweepOptions;
  private readonly clock: Clock;
  private readonly underWay = new Set<string>();
  private readonly planned = new Set<string>();

  constructor(options: SweepOptions) {
    this.options = options;
    this.clock = options.clock ?? realClock;
  }

  /** There is a session with that node. */
  opened(node: string): void {
    if (!this.planned.has(node) && !this.underWay.has(node)) void this.round(node);
  }

  private async round(node: string): Promise<void> {
    this.underWay.add(node);
    const goesOn = await this.options.sweep(node).then(
      (held) => held > 0,
      (error: unknown) => {
        this.options.log("error", `sweeping node ${node}: ${messageOf(error)}`);
        // A node that isn't there any more holds nothing.
        return !isVnicError(error, "refused");
      },
    );
    this.underWay.delete(node);
    if (!goesOn) return;
    this.planned.add(node);
    this.clock.after(this.options.everySeconds * 1000, () => {
      this.planned.delete(node);
      void this.round(node);
    });
  }
}

/** A sweep with the node's session, which stays open for it. */
export function sweepBySession(cluster: Cluster, log: Log, sessions: SessionPool): (node: string) => Promise<number> {
  return (node) =>
    sessions.use(node, new Deadline(`sweeping node ${node}`, longestSeconds), (session) =>
      sweep(cluster, log, node, session),
    );
}
