import pLimit from "p-limit";
import type { Cluster } from "../cluster/cluster.ts";
import { isVnicError, messageOf } from "../base/errors.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import type { SessionPool } from "../lifecycle/session/session-pool.ts";
import type { Session } from "../lifecycle/session/session.ts";
import { vnicId } from "../model/names.ts";
import { placementOf, type StoredVnic } from "../model/vnic/record.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import type { Log } from "./log.ts";
import type { WatchedIndex } from "./watched-index.ts";

/** Enough for everything on a node, even if pods make each removal slow. */
const timeoutSeconds = 600;
const concurrentNamespaces = 8;

/** What a sweep needs. */
export interface Sweeper {
  readonly cluster: Pick<Cluster, "findVnic">;
  readonly log: Log;
  readonly vnicsByPlace: Pick<WatchedIndex<StoredVnic>, "of">;
}

/**
 * Removes from a node the Vnics that no longer exist or are on another node, for example after a node that was
 * considered lost comes back. Vnics that are about to be realised there already have the node in their record. Returns
 * how many Vnics were removed.
 */
export async function sweep({ cluster, log, vnicsByPlace }: Sweeper, node: string, session: Session): Promise<number> {
  const { vnics } = await session.request("list", {});
  const sweepOne = async (vnic: InjectPlan["vnic"]) => {
    const { uid, namespace, name } = vnic;
    // A watch may be late, so it only shows what to leave alone. What has just left the node is removed by who moved it.
    if (vnicsByPlace.of(node).get(vnicId(vnic))?.metadata.uid === uid) return;
    const record = await cluster.findVnic({ namespace, name });
    if (record?.metadata.uid === uid && placementOf(record)?.node === node) return;
    const about = { vnic: `${namespace}/${name}` };
    try {
      await session.request("eject", { plan: { vnic } });
      log("info", `removed its parts on node ${node}, because it is gone or on another node`, about);
    } catch (error) {
      if (isVnicError(error, "sessionBroken")) throw error;
      // If a Vnic can't be removed, for example because of its pod, continue with the other Vnics.
      log("error", `sweeping node ${node}: ${messageOf(error)}`, about);
    }
  };
  // Pods can make each removal slow, so no namespace waits for the Vnics of another.
  const limit = pLimit(concurrentNamespaces);
  const namespaces = [...Map.groupBy(vnics, ({ namespace }) => namespace).values()];
  await Promise.all(
    namespaces.map((its) =>
      limit(async () => {
        for (const vnic of its) await sweepOne(vnic);
      }),
    ),
  );
  return vnics.length;
}

export interface SweepOptions {
  readonly log: Log;
  /** Sweeps the node now, and returns how many Vnics were found. */
  readonly sweep: (node: string) => Promise<number>;
}

/**
 * Sweeps a node at its first session, and then whenever it is visited, however long sessions last, until the node has no
 * Vnic left.
 */
export class Sweeps {
  private readonly options: SweepOptions;
  private readonly underWay = new Set<string>();
  private readonly holding = new Set<string>();

  constructor(options: SweepOptions) {
    this.options = options;
  }

  /** The nodes that hold Vnics, or whose last sweep failed. */
  get nodes(): Iterable<string> {
    return this.holding;
  }

  /** Called when a session with that node was opened. */
  opened(node: string): void {
    if (!this.holding.has(node)) void this.sweep(node);
  }

  /** Sweeps one of {@link nodes} again. */
  visit(node: string): void {
    if (this.holding.has(node)) void this.sweep(node);
  }

  private async sweep(node: string): Promise<void> {
    if (this.underWay.has(node)) return;
    this.underWay.add(node);
    const isHolding = await this.options.sweep(node).then(
      (held) => held > 0,
      (error: unknown) => {
        this.options.log("error", `sweeping node ${node}: ${messageOf(error)}`);
        // A node that doesn't exist any more has nothing on it.
        return !isVnicError(error, "refused");
      },
    );
    this.underWay.delete(node);
    if (isHolding) this.holding.add(node);
    else this.holding.delete(node);
  }
}

/** Sweeps with the node's session, which stays open during the sweep. */
export function sweepBySession(sweeper: Sweeper, sessions: SessionPool): (node: string) => Promise<number> {
  return (node) =>
    sessions.use(node, new Deadline(`sweeping node ${node}`, timeoutSeconds), (session) =>
      sweep(sweeper, node, session),
    );
}
