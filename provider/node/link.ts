import { VnicError } from "../model/errors.ts";
import { linkAlias, transitLinkName } from "../model/names.ts";
import type { Interface } from "../model/session-protocol.ts";
import { type Netns, runIn, startIn } from "./netns.ts";

/** A link as `ip -j -d address` shows it; without `-d` it leaves the alias out. */
export interface Link extends Interface {
  readonly alias?: string;
}

interface IpAddressRow {
  readonly ifname?: string;
  readonly ifalias?: string;
  readonly address?: string;
  readonly mtu?: number;
  readonly flags?: readonly string[];
  readonly addr_info?: readonly {
    readonly local?: string;
    readonly prefixlen?: number;
    readonly scope?: string;
    readonly family?: string;
  }[];
}

export async function listLinks(netns: Netns): Promise<Link[]> {
  const rows = JSON.parse(await runIn(netns, "ip", ["-j", "-d", "address", "show"])) as IpAddressRow[];
  // `ip -j` prints an empty object for what its filters leave out.
  return rows.filter((row) => row.ifname !== undefined).map(readLink);
}

export function readLink({
  ifname = "",
  ifalias,
  address = "",
  mtu = 0,
  flags = [],
  addr_info = [],
}: IpAddressRow): Link {
  const addresses = addr_info.filter(({ family, scope }) => !(family === "inet6" && scope === "link"));
  return {
    name: ifname,
    mac: address,
    mtu,
    addresses: addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    up: flags.includes("UP"),
    ...(ifalias === undefined ? {} : { alias: ifalias }),
  };
}

/** Our link of that Vnic among others: by the mark it bears, or by the name under which it waits for its mark. */
export function ownLink(links: readonly Link[], uid: string): Link | undefined {
  return links.find(({ alias, name }) => alias === linkAlias(uid) || name === transitLinkName(uid));
}

/** Runs lines of `ip` commands in one process; stops at the first that fails. */
export function ipBatch(netns: Netns, lines: readonly string[]): Promise<void> {
  return prepareIpBatch(netns)(lines);
}

/** The same with a process that is started now, for lines that come later: starting it takes as long as the lines do. */
export function prepareIpBatch(netns: Netns): (lines: readonly string[]) => Promise<void> {
  const ip = startIn(netns, "ip", ["-batch", "-"]);
  return async (lines) => {
    try {
      await ip.finish(lines.map((line) => `${line}\n`).join(""));
    } catch (error) {
      throw explained(error, lines);
    }
  };
}

export function deleteLink(netns: Netns, name: string): Promise<void> {
  return ipBatch(netns, [`link del dev ${name}`]);
}

/** `ip` says what failed by line number only. */
function explained(error: unknown, lines: readonly string[]): unknown {
  if (!(error instanceof VnicError)) return error;
  const line = lines[Number(/Command failed -:(\d+)/.exec(error.message)?.[1]) - 1];
  const words = /(?:RTNETLINK answers|Error): (.*?)(?:;|$)/.exec(error.message)?.[1] ?? error.message;
  const taken = line?.includes(" name ") && words === "File exists";
  const unsupported = line?.startsWith("link add") && /not supported|Unknown device type/.test(words);
  const hint = unsupported ? "; load the kernel module macvlan on the node" : "";
  return new VnicError(taken || unsupported ? "refused" : "failed", `ip ${line ?? lines.join(", ")}: ${words}${hint}`, {
    cause: error,
  });
}
