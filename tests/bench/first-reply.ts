import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab/index.ts";
import { must } from "../lab/run.ts";
import { enter } from "../lab/enter.ts";
import { fromSeconds } from "./clock.ts";
import { prober as host } from "./ground.ts";

/**
 * Without a reply, ping waits at least 10 ms before it sends again, so ten processes together send one request per
 * millisecond. Each process ends at its first reply (`-c 1` with a deadline `-w`).
 */
const pings = 10;
const argv = ["ping", "-n", "-D", "-i", "0.002", "-c", "1", "-w", "60"];
const headStartMilliseconds = 150;

export const howRepliesAreMeasured = `first external reply: ${pings} pings beside one another in ${host}, one request per ms between them, started ${headStartMilliseconds} ms before, with a permanent neighbour entry; the earliest reply's own time stamp`;

/** The first reply of an address to an outside host. */
export interface FirstReply {
  /** Timestamp of the reply. */
  readonly at: Promise<number>;
  stop(): void;
}

/** Starts pinging; returns once all processes have started. */
export async function awaitFirstReply(lab: Lab, address: string): Promise<FirstReply> {
  const asking = Array.from({ length: pings }, () => lab.spawn(host, [...argv, address]));
  const at = Promise.all(asking.map(replyOf)).then((stamps) => {
    const seen = stamps.filter((stamp) => stamp !== undefined);
    if (seen.length === 0) throw new Error(`${address} has not answered to ${host}`);
    return Math.min(...seen);
  });
  // If a measurement fails before it awaits this promise, that failure is reported.
  at.catch(() => undefined);
  await sleep(headStartMilliseconds);
  return { at, stop: () => asking.forEach((ping) => ping.kill("SIGKILL")) };
}

async function replyOf(ping: ChildProcess): Promise<number | undefined> {
  let said = "";
  ping.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await once(ping, "close");
  const stamp = /^\[(\d+\.\d+)\] \d+ bytes from /m.exec(said)?.[1];
  return stamp === undefined ? undefined : fromSeconds(stamp);
}

/** Adds a permanent neighbour entry on the outside host, so that ARP requests don't affect the time. */
export async function addNeighbourEntry(address: string, mac: string): Promise<void> {
  await must(enter(host, ["ip", "neigh", "replace", address, "lladdr", mac, "dev", "eth0", "nud", "permanent"]));
}

export async function forgetNeighbour(address: string): Promise<void> {
  await must(enter(host, ["ip", "neigh", "del", address, "dev", "eth0"]));
}
