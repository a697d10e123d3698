import type { Association } from "../model/session-protocol.ts";
import { type Link, readLinks } from "./link.ts";
import { netnsPath, startDialogueIn } from "./netns.ts";
import type { Dialogue } from "./run.ts";

/* Starting a program takes ten times as long as it takes `ip` to look at one link: who looks at many keeps one running. */

/** A network namespace lives on, with all NICs in it, as long as a program runs in it. */
const idleMilliseconds = 200;

interface Open {
  readonly ip: Dialogue;
  readonly idle: NodeJS.Timeout;
}

/** By the inode of the network namespace, which no other has as long as an `ip` runs in it. */
const opened = new Map<number, Open>();

/**
 * The link of that name in the pod, as it is now; undefined when there is none, or when `ip` couldn't tell: who must know
 * lists all links.
 */
export async function findLinkByName({ netns, inode }: Association, name: string): Promise<Link | undefined> {
  const open = opened.get(inode) ?? enter(netns, inode);
  open.idle.refresh();
  try {
    return readLinks(await open.ip.ask(`address show dev ${name}`))[0];
  } catch {
    // It ends at what it can't do.
    leave(inode, open);
    return undefined;
  }
}

function enter(netns: string, inode: number): Open {
  const ip = startDialogueIn({ path: netnsPath(netns) }, "ip", ["-j", "-d", "-batch", "-"]);
  const open: Open = { ip, idle: setTimeout(() => leave(inode, open), idleMilliseconds) };
  opened.set(inode, open);
  return open;
}

function leave(inode: number, open: Open): void {
  clearTimeout(open.idle);
  open.ip.end();
  if (opened.get(inode) === open) opened.delete(inode);
}
