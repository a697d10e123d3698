import { Slots } from "./fair-slots.ts";

/** The kernel serialises moves of links, so more concurrency would only add processes. */
const slots = new Slots(24);

/** Runs a request's work when the namespace of its Vnic gets a slot. */
export function withSlot<T>(namespace: string, work: () => Promise<T>): Promise<T> {
  return slots.use(namespace, work);
}

/** Releases the slot while waiting for something external (a DHCP server, an answer to a probe, the driver). */
export function withoutSlot<T>(wait: () => Promise<T>): Promise<T> {
  return slots.withoutSlot(wait);
}
