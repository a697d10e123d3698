import { setTimeout as sleep } from "node:timers/promises";
import { VnicError } from "../base/errors.ts";
import { hostSideName } from "../model/names.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import { type Link, listLinks } from "./link.ts";
import { ownLink } from "./own-link.ts";
import type { Netns } from "./netns.ts";
import { withoutSlot } from "./slots.ts";

/** Bridges with a spanning tree take half a minute, and a cable may be unplugged; we don't wait that long. */
const timeoutMilliseconds = 5000;

/** How long the other end of a cable may take to detect that the link is up. A Linux bridge takes up to this long. */
const otherEndMilliseconds = 1000;

/** Whether the NIC passes frames only some time after it is up, so that a probe or an announcement could be lost. */
export function settlesLate({ network: { mode } }: InjectPlan): boolean {
  return mode === "bridge" || mode === "host-device";
}

/** Waits until a NIC that was just brought up passes frames. */
export async function settle({ vnic: { uid }, network: { mode } }: InjectPlan, pod: Netns): Promise<void> {
  if (mode === "bridge")
    await awaitLink("node", (links) => links.find(({ name }) => name === hostSideName(uid))?.forwards);
  if (mode !== "host-device") return;
  await awaitLink(pod, (links) => ownLink(links, uid)?.carries);
  await withoutSlot(() => sleep(otherEndMilliseconds));
}

/** A router answers a solicitation within half a second, or within 3.5 s of its last advertisement (RFC 4861, 6.2.6). */
const routerMilliseconds = 5000;

/** Waits for an address formed from a router advertisement. */
export async function awaitAnnounced(pod: Netns, uid: string): Promise<void> {
  const announced = (links: readonly Link[]) => ownLink(links, uid)?.slaacAddresses !== undefined;
  if (await awaitLink(pod, announced, routerMilliseconds)) return;
  throw new VnicError(
    "refused",
    `slaac: no router has announced a prefix for addresses within ${routerMilliseconds / 1000} s; is there one on the network, and does it set the flag for autonomous addresses?`,
  );
}

async function awaitLink(
  netns: Netns,
  isReached: (links: readonly Link[]) => boolean | undefined,
  milliseconds = timeoutMilliseconds,
): Promise<boolean> {
  for (
    const giveUpAt = performance.now() + milliseconds;
    performance.now() < giveUpAt;
    await withoutSlot(() => sleep(20))
  )
    if (isReached(await listLinks(netns))) return true;
  return false;
}
