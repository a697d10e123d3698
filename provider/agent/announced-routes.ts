import { familyOf, networkOf } from "../base/address.ts";
import { type Clock, realClock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { cidr, device, ipLine, isPlainName } from "../model/link/ip-line.ts";
import { solicit } from "../model/link/link-steps.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { Slots } from "../node/fair-slots.ts";
import { ipBatch, ipRows, listLinks } from "../node/link.ts";
import { tryLock } from "../node/lock.ts";
import { type Netns, netnsPath, runIn, whileAlive } from "../node/netns.ts";
import { knownLinkOf, ownLink } from "../node/own-link.ts";
import { setSysctls } from "../node/sysctl.ts";
import { logAbout } from "./log.ts";
import { listPresent } from "./present.ts";

/*
 * The kernel keeps a route for each prefix that a router announces, without limit, and takes the announced timers of
 * neighbour discovery. No setting forbids either while addresses are formed from announcements (SLAAC). So the agent
 * removes the routes when there are too many, and restores timers that make no sense.
 */

/** The number of IPv6 routes that a pod may have before those of its NICs are counted. */
const manyRoutes = 1000;
/** The number of announced routes that a NIC may have. It has at most 16 addresses formed from them. */
const maxAnnounced = 256;

/** The timers of a NIC, in milliseconds: the kernel's defaults, and what is accepted from a router. */
const timers = {
  retrans_time_ms: { normal: 1000, least: 100, most: 10_000 },
  base_reachable_time_ms: { normal: 30_000, least: 1000, most: 3_600_000 },
} as const;

/** How many NICs are looked at at once. */
const concurrentLooks = 4;
/** After a look, a NIC rests for this many times as long as the look took, because a pod can make it slow. */
const restFactor = 9;
/** How long the same message about a Vnic is not repeated, because a host of the LAN may cause it at any time. */
const logMilliseconds = 3_600_000;
/**
 * How long routes are removed at a time, in seconds. New ones may come as fast as old ones go. Meanwhile, sessions wait for
 * the Vnic's lock.
 */
const flushSeconds = "5";

/** Bounds what routers' advertisements can do to the NICs of a node that form addresses from them. */
export class AnnouncedRoutes {
  private readonly clock: Clock;
  private readonly slots = new Slots(concurrentLooks);
  /** UIDs of the Vnics that are being looked at. */
  private readonly busy = new Set<string>();
  /** Until when Vnics rest, by UID. */
  private readonly restsUntil = new Map<string, number>();
  /** Until when what was logged isn't logged again, by UID and text. */
  private readonly quietUntil = new Map<string, number>();

  constructor(clock = realClock) {
    this.clock = clock;
  }

  /** Starts a look at each NIC. A slow one doesn't delay the others. */
  async look(): Promise<void> {
    const files = (await listPresent()).filter(({ step, definition }) => step === "attached" && definition.slaac);
    const now = this.clock.now();
    for (const times of [this.restsUntil, this.quietUntil])
      for (const [key, until] of times) if (until <= now) times.delete(key);
    for (const file of files) {
      const { uid } = file.vnic;
      if (this.busy.has(uid) || this.restsUntil.has(uid)) continue;
      this.busy.add(uid);
      void this.slots.use(file.vnic.namespace, () => this.lookAt(file)).finally(() => this.busy.delete(uid));
    }
  }

  /** Never fails. */
  private async lookAt(file: ResourceFile): Promise<void> {
    const began = this.clock.now();
    await whileAlive(file.association, () => this.bound(file), undefined).catch((error: unknown) =>
      this.say(file, "looking at announced routes", messageOf(error)),
    );
    const now = this.clock.now();
    this.restsUntil.set(file.vnic.uid, now + restFactor * (now - began));
  }

  private async bound(file: ResourceFile): Promise<void> {
    const { interfaceName: name } = file.definition;
    const netns = { path: netnsPath(file.association.netns) };
    const paths = Object.keys(timers).map((key) => `/proc/sys/net/ipv6/neigh/${name}/${key}`);
    const read = await runIn(netns, "cat", ["/proc/net/rt6_stats", ...paths]).catch(() => undefined);
    // The pod may have renamed the NIC, or switched IPv6 off.
    if (read === undefined) return;
    const [stats = "", ...values] = read.split("\n");
    const settings = restored(name, values);
    if (settings.length > 0) {
      await setSysctls(netns, settings);
      this.say(file, "restored senseless timers of neighbour discovery, which a router may have announced");
    }
    if (routesIn(stats) <= manyRoutes || !(await hasTooMany(netns, name))) return;
    const done = await tryLock(file.vnic.uid, () => removeAnnounced(netns, file));
    if (done !== "busy") this.say(file, "removed all announced routes, because there were too many");
  }

  private say(file: ResourceFile, what: string, details = ""): void {
    const { vnic, definition, association } = file;
    const key = `${vnic.uid} ${what}`;
    if (this.quietUntil.has(key)) return;
    this.quietUntil.set(key, this.clock.now() + logMilliseconds);
    logAbout({ uid: vnic.uid, ...definition, ...association }, details ? `${what}: ${details}` : what);
  }
}

/** The settings that give a device timers that make sense, from the values of those that it has, in their order. */
export function restored(name: string, values: readonly string[]): string[] {
  return Object.entries(timers).flatMap(([key, { normal, least, most }], index) => {
    const value = Number(values[index]);
    return value >= least && value <= most ? [] : [`net/ipv6/neigh/${name}/${key}=${normal}`];
  });
}

/** The number of IPv6 routes of a network namespace, by the kernel's statistics (`/proc/net/rt6_stats`). */
export function routesIn(stats: string): number {
  return parseInt(stats.trim().split(/\s+/)[3] ?? "", 16) || 0;
}

/** Whether the NIC has too many routes to prefixes of its link. */
async function hasTooMany(netns: Netns, name: string): Promise<boolean> {
  const words = ["-6", "-j", "route", "show", "table", "main", "proto", "kernel", "dev", name];
  // If there are more than a program may print, reading them fails.
  return ipRows(netns, words).then(
    (rows) => rows.length > maxAnnounced,
    () => true,
  );
}

/**
 * Removes all routes to prefixes of the NIC's link but those of its fixed addresses, and asks the routers to announce theirs
 * again.
 */
async function removeAnnounced(netns: Netns, file: ResourceFile): Promise<void> {
  const own = ownLink(await listLinks(netns), file.vnic.uid, knownLinkOf(file, file.association));
  if (!own || !isPlainName(own.name)) return;
  const prefixes = [...new Set(["fe80::/64", ...own.addresses.filter((one) => familyOf(one) === 6).map(networkOf)])];
  const name = device(own.name);
  // As static routes, they stay during the removal, and also if this process ends meanwhile.
  const kept = prefixes.map((prefix) => ipLine`route replace ${cidr(prefix)} dev ${name} proto static metric 256`);
  const usual = prefixes.map((prefix) => ipLine`route replace ${cidr(prefix)} dev ${name} proto kernel metric 256`);
  await ipBatch(netns, kept, ["-6"]);
  const flush = ["ip", "-6", "route", "flush", "table", "main", "proto", "kernel", "dev", own.name];
  try {
    await runIn(netns, "timeout", [flushSeconds, ...flush]);
  } finally {
    await ipBatch(netns, [...usual, solicit(own.name, own.mac)], ["-6"]);
  }
}
