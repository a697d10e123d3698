import type { Cluster } from "../../cluster/cluster.ts";
import { vnicId } from "../../model/names.ts";
import type { Deadline } from "../deadline.ts";
import { recordsOn } from "./usage.ts";

/** How long a deletion waits for Vnics whose own deletion hasn't begun, like those of a namespace that is just being deleted. */
const graceMilliseconds = 10_000;
const pollMilliseconds = 500;

/** What is needed to wait for Vnics to leave a network. */
interface WaitingDriver {
  readonly cluster: Cluster;
  readonly report: (text: string) => void;
}

/**
 * Waits until the Vnics on a network that are being deleted are gone. A program that deletes Vnics with their pod or namespace
 * (`deletedWith`) deletes the Network at the same time. Returns with Vnics left if nobody deletes them.
 */
export async function awaitDepartures(
  { cluster, report }: WaitingDriver,
  name: string,
  deadline: Deadline,
): Promise<void> {
  const { clock } = deadline;
  const staysUntil = clock.now() + graceMilliseconds;
  for (;;) {
    const left = await recordsOn(cluster, name);
    const areLeaving = left.every(({ metadata }) => metadata.deletionTimestamp !== undefined);
    if (left.length === 0 || (!areLeaving && clock.now() >= staysUntil)) return;
    report(`${left.length} Vnics are left`);
    await deadline.wait(
      pollMilliseconds,
      `the deletion of Vnic ${left.map(({ metadata }) => vnicId(metadata)).join(", ")}`,
    );
  }
}
