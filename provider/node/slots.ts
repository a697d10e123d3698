import { availableParallelism } from "node:os";
import { Slots } from "./fair-slots.ts";
import { Turns } from "./turns.ts";

/*
 * How the requests of all namespaces share a node: its slots, the programs that run at once, and the writes to its disk.
 */

/** The kernel serialises moves of links, so more concurrency would only add processes. */
const slots = new Slots(24);

const processors = availableParallelism();

/** More turns than all slots together ask for, so that a namespace that is alone never waits for one. */
const enough = 128;

/** Programs share the processors, and mostly wait for the kernel's lock of links (rtnetlink(7)), which is one for all. */
const programs = new Turns(slots, {
  atOnce: enough,
  perGroup: Math.max(1, Math.min(4, Math.floor(processors / 2))),
});

/** Node.js works on four file operations at once, and a write waits for the disk. */
const writes = new Turns(slots, { atOnce: enough, perGroup: 1 });

/** The number of a namespace's requests from which on none of their programs is started ahead. */
const manyRequests = 3;

/** Runs a request's work when the namespace of its Vnic gets a slot. */
export function withSlot<T>(namespace: string, work: () => Promise<T>): Promise<T> {
  return slots.use(namespace, work);
}

/** Releases the slot while waiting for something external (a DHCP server, an answer to a probe, the driver). */
export function withoutSlot<T>(wait: () => Promise<T>): Promise<T> {
  return slots.withoutSlot(wait);
}

/** Runs a program when it is the turn of the current request's namespace. */
export function inProgramTurn<T>(work: () => Promise<T>): Promise<T> {
  return programs.take(work);
}

/** Writes to the disk when it is the turn of the current request's namespace. */
export function inWriteTurn<T>(work: () => Promise<T>): Promise<T> {
  return writes.take(work);
}

/**
 * Whether the current request may start a program before it has work for it. While it starts, which takes milliseconds, this
 * process does nothing else, so a namespace with many requests may not, unless it is alone.
 */
export function mayStartAhead(): boolean {
  const namespace = slots.currentGroup;
  return namespace === undefined || slots.held(namespace) < manyRequests || !slots.servesSeveral();
}
