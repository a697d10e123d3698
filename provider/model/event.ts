import { eventName } from "./names.ts";

/** Something that happened to an object, told to whoever describes it with kubectl. */
export interface Happening {
  readonly type: "Normal" | "Warning";
  readonly reason: "AddedInterface" | "RemovedInterface" | "FailedAddingInterface" | "FailedRemovingInterface";
  readonly message: string;
  /** Happenings of one object with the same key are one, and told once. */
  readonly key: string;
}

/** The object that it happened to. */
export interface About {
  readonly apiVersion: string;
  readonly kind: "Vnic" | "Pod";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type EventObject = ReturnType<typeof eventOf>;

/** The event (core/v1). */
export function eventOf(about: About, { type, reason, message, key }: Happening, now: Date) {
  const time = now.toISOString();
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace: about.namespace, name: eventName(about.name, `${about.uid} ${reason} ${key}`) },
    involvedObject: about,
    type,
    reason,
    // The API server takes no more.
    message: message.slice(0, 1024),
    source: { component: "pulumi-vnic" },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
