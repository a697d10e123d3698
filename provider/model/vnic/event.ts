import type { Trouble } from "./agent-status.ts";
import { apiVersion, eventName } from "../names.ts";

/** Something that happened to a Vnic, reported as Kubernetes events. */
export interface VnicEvent {
  readonly type: "Normal" | "Warning";
  readonly reason:
    | "AddingInterface"
    | "AddedInterface"
    | "RemovedInterface"
    | "FailedAddingInterface"
    | "FailedRemovingInterface"
    | Trouble["reason"]
    | "ResourceFileMissing"
    | "AddressConflict";
  readonly message: string;
  /** Events of one object with the same key count as one, and are reported once. */
  readonly key: string;
}

/** The object that the event is about. */
interface About {
  readonly apiVersion: string;
  readonly kind: "Vnic" | "Pod";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type EventObject = ReturnType<typeof eventOf>;

/** Events that say no more than the Vnic's conditions, and so are reported for its pod alone. */
const podOnly: readonly VnicEvent["reason"][] = ["AddedInterface", "RemovedInterface"];

/** The event objects: for the pod if that is known, and for the Vnic unless its conditions say the same. */
export function eventsOf(
  vnic: { readonly namespace: string; readonly name: string; readonly uid: string },
  pod: { readonly name: string; readonly uid: string } | undefined,
  event: VnicEvent,
  now: Date,
): EventObject[] {
  const { namespace, name, uid } = vnic;
  const about: About[] = [];
  if (!pod || !podOnly.includes(event.reason)) about.push({ apiVersion, kind: "Vnic", namespace, name, uid });
  if (pod) about.push({ apiVersion: "v1", kind: "Pod", namespace, name: pod.name, uid: pod.uid });
  return about.map((object) => eventOf(object, event, now));
}

/** The event (core/v1). */
function eventOf(about: About, { type, reason, message, key }: VnicEvent, now: Date) {
  const time = now.toISOString();
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace: about.namespace, name: eventName(about.name, `${about.uid} ${reason} ${key}`) },
    involvedObject: about,
    type,
    reason,
    // The API server's limit.
    message: message.slice(0, 1024),
    source: { component: "pulumi-vnic" },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
