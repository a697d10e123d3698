import type { Cluster } from "../cluster/cluster.ts";
import { connectionStatus, lostStatus, uniquenessStatus } from "../model/vnic/agent-status.ts";
import { isVnicError } from "../base/errors.ts";
import { eventsOf, type VnicEvent } from "../model/vnic/event.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import type { Condition, VnicStatus } from "../model/vnic/conditions.ts";
import type { Reports } from "./watch.ts";

type StatusWriter = Pick<Cluster, "changeVnicStatus" | "createEvent">;

/** Reports as conditions on the record. The start of each problem is also reported as an event. */
export function reportTo(cluster: StatusWriter): Reports {
  return {
    connection: (file, trouble) =>
      report(cluster, file, "Connected", trouble?.reason, (status) => connectionStatus(status, trouble, new Date())),
    uniqueness: (file, rival) =>
      report(cluster, file, "AddressesUnique", rival && "AddressConflict", (status) =>
        uniquenessStatus(status, rival, new Date()),
      ),
    lost: (file) => report(cluster, file, "Ready", "ResourceFileMissing", (status) => lostStatus(status, new Date())),
  };
}

async function report(
  cluster: StatusWriter,
  { vnic, association: { pod } }: ResourceFile,
  type: Condition["type"],
  reason: VnicEvent["reason"] | undefined,
  change: (status: VnicStatus) => VnicStatus,
): Promise<void> {
  let current: Condition | undefined;
  try {
    await cluster.changeVnicStatus(vnic, vnic.uid, (status) => {
      // The status may describe an earlier pod, or may not describe the current pod yet.
      if (status.pod?.uid !== pod.uid) return status;
      const changed = change(status);
      current = changed.conditions.find((one) => one.type === type);
      return changed;
    });
  } catch (error) {
    if (!isVnicError(error, "conflict", "notInstalled")) throw error;
  }
  if (!current || !reason) return;
  // A problem that persists has the same key, so it is one event.
  const key = `${current.message} ${current.lastTransitionTime}`;
  const event = { type: "Warning", reason, message: current.message, key } as const;
  const events = eventsOf(vnic, pod, event, new Date());
  await Promise.all(events.map((object) => cluster.createEvent(object).catch(() => undefined)));
}
