import { messageOf } from "../base/errors.ts";
import { truncate } from "../base/quote.ts";
import { handle, withoutZeros } from "../model/link/ip-line.ts";
import { exactRows, type Link } from "./link.ts";
import { type Netns, runIn } from "./netns.ts";

/*
 * Alternative names of a link (ip-link(8), `property`), which it keeps when it moves to another network namespace. They
 * may contain anything, so they are passed as arguments and never in a batch.
 */

/** As many of the longest names as fit into one netlink request of `ip`. */
const maxNames = 5;

/** Gives a link these alternative names, and removes all others, as {@link removeAltnames} does. */
export async function setAltnames(netns: Netns, link: Link, wanted: readonly string[]): Promise<void> {
  const there = await removeAltnames(netns, link, wanted);
  for (const names of groupsOf(wanted.filter((name) => !there.includes(name)))) await change(netns, link, "add", names);
}

/**
 * Removes all alternative names of a link except these, and returns those that it had. The kernel accepts names from a pod
 * that `ip` can't express, such as one with a space. These stay, because the device must come back nonetheless.
 */
export async function removeAltnames(netns: Netns, link: Link, kept: readonly string[]): Promise<readonly string[]> {
  const there = await exactNames(netns, link);
  let problem: string | undefined;
  for (const names of groupsOf(there.filter((name) => !kept.includes(name))))
    await change(netns, link, "del", names).catch(async () => {
      // The names before the one that failed are gone already.
      for (const name of names)
        await change(netns, link, "del", [name]).catch((error: unknown) => {
          problem = truncate(withoutZeros(messageOf(error)), 300);
        });
    });
  if (problem !== undefined) console.error(`an alternative name of device ${link.name} can't be removed: ${problem}`);
  return there;
}

function change(netns: Netns, link: Link, verb: "add" | "del", names: readonly string[]): Promise<string> {
  const words = names.flatMap((name) => ["altname", name]);
  return runIn(netns, "ip", ["link", "property", verb, "dev", handle(link), ...words]);
}

/** The link's alternative names with the control characters that other readers replace. */
async function exactNames(netns: Netns, { index, altnames = [] }: Link): Promise<readonly string[]> {
  if (!altnames.some((one) => one.includes("\ufffd"))) return altnames;
  const rows = await exactRows(netns, ["-j", "link", "show"]);
  return rows.find(({ ifindex }) => ifindex === index)?.altnames ?? [];
}

function groupsOf(names: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(names.length / maxNames) }, (_, at) =>
    names.slice(at * maxNames, (at + 1) * maxNames),
  );
}
