import { eventsOf, type VnicEvent } from "../model/vnic/event.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { Driver } from "./driver.ts";

/** Emits events for the Vnic and for its pod, if that is known. An event may be lost, so nothing may depend on it. */
export async function emitEvents(
  { cluster }: Driver,
  { metadata, spec }: StoredVnic,
  podUid: string | undefined,
  event: VnicEvent,
): Promise<void> {
  const pod = podUid === undefined ? undefined : { name: spec.pod.name, uid: podUid };
  const events = eventsOf(metadata, pod, event, new Date());
  await Promise.all(events.map((object) => cluster.createEvent(object).catch(() => undefined)));
}
