import type { Cluster } from "../../cluster/cluster.ts";
import { vnicId } from "../../model/names.ts";
import type { StoredVnic } from "../../model/vnic/record.ts";
import type { Deadline } from "../deadline.ts";
import { recordsOn } from "./usage.ts";

/** How long a deletion waits for Vnics that nobody deletes yet, like those of a pod that is just ending. */
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
    if (left.length === 0) return;
    const staying = left.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (staying.length > 0 && clock.now() >= staysUntil && !(await areInEndingNamespaces(cluster, staying))) return;
    report(`${left.length} Vnics are left`);
    await deadline.wait(
      pollMilliseconds,
      `the deletion of Vnic ${left.map(({ metadata }) => vnicId(metadata)).join(", ")}`,
    );
  }
}

/** Whether the namespaces of all records are being deleted. They delete their records one kind after the other. */
async function areInEndingNamespaces(cluster: Cluster, records: readonly StoredVnic[]): Promise<boolean> {
  for (const name of new Set(records.map(({ metadata }) => metadata.namespace))) {
    const namespace = await cluster.findNamespace(name);
    if (namespace && namespace.metadata?.deletionTimestamp === undefined) return false;
  }
  return true;
}
