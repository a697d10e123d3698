import { setTimeout as sleep } from "node:timers/promises";
import type { LeaseObject, WatchedCluster } from "../cluster/cluster.ts";
import { messageOf } from "../base/errors.ts";
import { reconcilerName } from "../model/names.ts";
import type { Log } from "./log.ts";

/* Which of several replicas is at work, as Kubernetes' own controllers settle it: by a Lease that the leader renews. The
   others take it when it wasn't renewed for its whole duration, by their own clocks. */

const durationSeconds = 15;
const renewEverySeconds = 3;
/** The leader stops before anybody else may begin. */
const giveUpAfterSeconds = 10;

export interface Leadership {
  /** Kept when another one may lead by now: whatever is under way must end at once. */
  readonly lost: Promise<string>;
  /** Lets the next one begin at once. */
  resign(): Promise<void>;
}

/** Waits until `identity` leads. */
export async function lead(cluster: WatchedCluster, identity: string, log: Log): Promise<Leadership> {
  let seen: { version: string | undefined; since: number } | undefined;
  for (;;) {
    try {
      const lease = await cluster.findLease(reconcilerName);
      const version = lease?.metadata.resourceVersion;
      if (seen?.version !== version) seen = { version, since: performance.now() };
      const holder = lease?.spec.holderIdentity;
      const isFree =
        !holder ||
        holder === identity ||
        performance.now() - (seen?.since ?? 0) > lease.spec.leaseDurationSeconds * 1000;
      if (isFree && (await cluster.writeLease(leaseOf(identity, version)))) return keepLeading(cluster, identity);
    } catch (error) {
      log("error", messageOf(error));
    }
    await sleep(1000);
  }
}

function keepLeading(cluster: WatchedCluster, identity: string): Leadership {
  let lose: (why: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => (lose = resolve));
  let renewedAt = performance.now();
  let isOver = false;
  const renew = async () => {
    const lease = await cluster.findLease(reconcilerName);
    const holder = lease?.spec.holderIdentity;
    if (lease && holder !== identity) lose(`${holder || "nobody"} leads now`);
    else if (await cluster.writeLease(leaseOf(identity, lease?.metadata.resourceVersion)))
      renewedAt = performance.now();
  };
  const keep = async () => {
    while (!isOver) {
      await Promise.race([renew().catch(() => undefined), sleep(renewEverySeconds * 1000)]);
      if (performance.now() - renewedAt > giveUpAfterSeconds * 1000)
        return lose(`the Lease could not be renewed for ${giveUpAfterSeconds} s`);
      await sleep(renewEverySeconds * 1000);
    }
  };
  void keep();
  return {
    lost,
    resign: async () => {
      isOver = true;
      const lease = await cluster.findLease(reconcilerName);
      if (lease?.spec.holderIdentity === identity)
        await cluster.writeLease(leaseOf("", lease.metadata.resourceVersion));
    },
  };
}

function leaseOf(identity: string, resourceVersion: string | undefined): LeaseObject {
  return {
    metadata: { name: reconcilerName, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { holderIdentity: identity, leaseDurationSeconds: durationSeconds, renewTime: new Date() },
  };
}
