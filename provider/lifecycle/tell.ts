import { apiVersion } from "../model/names.ts";
import { type About, eventOf, type Happening } from "../model/event.ts";
import type { StoredVnic } from "../model/record.ts";
import type { Driver } from "./driver.ts";

/** Tells of it as events, at the Vnic and at its pod, if that is known. Nothing depends on it: an event may be lost. */
export async function tell(
  { cluster }: Driver,
  { metadata, spec }: StoredVnic,
  podUid: string | undefined,
  happening: Happening,
): Promise<void> {
  const { namespace, name, uid } = metadata;
  const about: About[] = [{ apiVersion, kind: "Vnic", namespace, name, uid }];
  if (podUid !== undefined) about.push({ apiVersion: "v1", kind: "Pod", namespace, name: spec.pod.name, uid: podUid });
  const now = new Date();
  await Promise.all(about.map((one) => cluster.createEvent(eventOf(one, happening, now)).catch(() => undefined)));
}
