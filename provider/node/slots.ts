import { Slots } from "./fair-slots.ts";

/** Moves wait for one another in the kernel; beyond that many at once only the process table grows. */
const slots = new Slots(24);

/** Runs a request's work when the namespace of its Vnic has its turn. */
export function inTurn<T>(namespace: string, work: () => Promise<T>): Promise<T> {
  return slots.use(namespace, work);
}

/** Waits for somebody else (a DHCP server, an answer to a probe, the driver) while others have the place. */
export function aside<T>(wait: () => Promise<T>): Promise<T> {
  return slots.aside(wait);
}
