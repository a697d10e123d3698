import { handle } from "../model/link/ip-line.ts";
import type { Link } from "./link.ts";
import { type Netns, runIn } from "./netns.ts";

/*
 * Alternative names of a link (ip-link(8), `property`), which it keeps when it moves to another network namespace. They
 * may contain anything, so they are passed as arguments and never in a batch.
 */

/** As many of the longest names as fit into one netlink request of `ip`. */
const maxNames = 5;

/** Gives a link these alternative names, and removes all others. */
export async function setAltnames(netns: Netns, link: Link, wanted: readonly string[]): Promise<void> {
  const { altnames: there = [] } = link;
  const change = async (verb: "add" | "del", names: readonly string[]) => {
    for (let at = 0; at < names.length; at += maxNames) {
      const words = names.slice(at, at + maxNames).flatMap((name) => ["altname", name]);
      await runIn(netns, "ip", ["link", "property", verb, "dev", handle(link), ...words]);
    }
  };
  await change(
    "del",
    there.filter((name) => !wanted.includes(name)),
  );
  await change(
    "add",
    wanted.filter((name) => !there.includes(name)),
  );
}
