import { setTimeout as sleep } from "node:timers/promises";
import { VnicError } from "../base/errors.ts";
import { hostSideName } from "../model/names.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import { type Link, listLinks } from "./link.ts";
import { ownLink } from "./own-link.ts";
import type { Netns } from "./netns.ts";
import { aside } from "./slots.ts";

/** A bridge with a spanning tree takes half a minute, and a cable may be unplugged: neither is waited for. */
const patienceMilliseconds = 5000;

/** How long what is at the other end of a cable may take to notice that the link is up; Linux' own bridge takes as long. */
const otherEndMilliseconds = 1000;

/** Whether the NIC carries frames only some time after it is up, so that a question or an announcement would be lost. */
export function settlesLate({ network: { mode } }: InjectPlan): boolean {
  return mode === "bridge" || mode === "host-device";
}

/** Waits until the NIC, just brought up, carries frames. */
export async function settle({ vnic: { uid }, network: { mode } }: InjectPlan, pod: Netns): Promise<void> {
  if (mode === "bridge")
    await awaitLink("node", (links) => links.find(({ name }) => name === hostSideName(uid))?.forwards);
  if (mode !== "host-device") return;
  await awaitLink(pod, (links) => ownLink(links, uid)?.carries);
  await aside(() => sleep(otherEndMilliseconds));
}

/** A router answers a solicitation within half a second (RFC 4861, 6.2.6), if it does so just for us. */
const routerMilliseconds = 5000;

/** Waits for an address of what a router announces. */
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
  isSo: (links: readonly Link[]) => boolean | undefined,
  milliseconds = patienceMilliseconds,
): Promise<boolean> {
  for (const giveUpAt = performance.now() + milliseconds; performance.now() < giveUpAt; await aside(() => sleep(20)))
    if (isSo(await listLinks(netns))) return true;
  return false;
}
