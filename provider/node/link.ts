import { VnicError } from "../base/errors.ts";
import { present } from "../model/schema/known.ts";
import { linkAlias, transitLinkName } from "../model/names.ts";
import type { Interface } from "../model/wire/session-protocol.ts";
import { type Netns, runIn, startIn } from "./netns.ts";

/** A link as `ip -j -d address` shows it; without `-d` it leaves the alias out. */
export interface Link extends Interface {
  /** The kernel's number for it, which no later link of the same name has. */
  readonly index?: number;
  readonly alias?: string;
  /** The kernel's word for what it is; a NIC of hardware has none. */
  readonly kind?: string;
  /** The link that it hangs on, if that is in the same network namespace. */
  readonly parent?: string;
  /** The bridge or bond that it is a port of. */
  readonly master?: string;
  /** Whether it is up and its other end, too. */
  readonly carries?: boolean;
  /** Whether the bridge that it is a port of lets its frames pass. */
  readonly forwards?: boolean;
  readonly vlan?: number;
  /** Of a veth whose other end is in another network namespace: the node's number for that one. */
  readonly peerNetns?: number;
  /** Its address on the bus of its hardware. */
  readonly bus?: string;
}

interface IpAddressRow {
  readonly ifindex?: number;
  readonly ifname?: string;
  readonly ifalias?: string;
  readonly address?: string;
  readonly mtu?: number;
  readonly flags?: readonly string[];
  readonly link?: string;
  readonly link_netnsid?: number;
  readonly master?: string;
  readonly parentdev?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: { readonly id?: number };
    readonly info_slave_data?: { readonly state?: string };
  };
  readonly addr_info?: readonly {
    readonly local?: string;
    readonly prefixlen?: number;
    readonly scope?: string;
    readonly family?: string;
    /** Of an address that the kernel made of a router advertisement. */
    readonly mngtmpaddr?: boolean;
  }[];
}

export async function listLinks(netns: Netns): Promise<Link[]> {
  return readLinks(await runIn(netns, "ip", ["-j", "-d", "address", "show"]));
}

/** Reads what `ip -j -d address show` prints. */
export function readLinks(json: string): Link[] {
  const rows = JSON.parse(json) as IpAddressRow[];
  // `ip -j` prints an empty object for what its filters leave out.
  return rows.filter((row) => row.ifname !== undefined).map(readLink);
}

export function readLink(row: IpAddressRow): Link {
  const { ifname = "", address = "", mtu = 0, flags = [], addr_info = [], linkinfo } = row;
  const own = addr_info.filter(({ family, scope }) => !(family === "inet6" && scope === "link"));
  const cidrs = (rows: typeof own) => rows.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const announced = cidrs(own.filter(({ mngtmpaddr }) => mngtmpaddr));
  return present({
    name: ifname,
    mac: address,
    mtu,
    addresses: cidrs(own.filter(({ mngtmpaddr }) => !mngtmpaddr)),
    slaacAddresses: announced.length > 0 ? announced : undefined,
    up: flags.includes("UP"),
    index: row.ifindex,
    alias: row.ifalias,
    kind: linkinfo?.info_kind,
    parent: row.link,
    master: row.master,
    carries: flags.includes("LOWER_UP") || undefined,
    forwards: linkinfo?.info_slave_data?.state === "forwarding" || undefined,
    vlan: linkinfo?.info_kind === "vlan" ? linkinfo.info_data?.id : undefined,
    peerNetns: linkinfo?.info_kind === "veth" ? row.link_netnsid : undefined,
    bus: row.parentdev,
  });
}

/** What a session's answer tells of a link. */
export function interfaceOf({ name, mac, mtu, addresses, slaacAddresses, up }: Link): Interface {
  return present({ name, mac, mtu, addresses, slaacAddresses, up });
}

/** Our link of that Vnic among others: by the mark it bears, or by the name under which it waits for its mark. */
export function ownLink(links: readonly Link[], uid: string): Link | undefined {
  const waiting = transitLinkName(uid);
  return links.find(({ alias, name }) => isMarked(alias, uid) || name === waiting);
}

/** Whether an alias is the mark of that Vnic, with or without what a device was before. */
export function isMarked(alias: string | undefined, uid: string): boolean {
  return alias?.split(",")[0] === linkAlias(uid);
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
  const kind = / type (\w+)/.exec(line ?? "")?.[1] ?? "";
  const hint = unsupported ? `; load the kernel module ${kind === "vlan" ? "8021q" : kind} on the node` : "";
  return new VnicError(taken || unsupported ? "refused" : "failed", `ip ${line ?? lines.join(", ")}: ${words}${hint}`, {
    cause: error,
  });
}
