import { randomInt } from "node:crypto";
import { messageOf, VnicError } from "../base/errors.ts";
import { maxItems } from "../model/schema/bounds.ts";
import { omitUndefined } from "../model/schema/known.ts";
import { batchOf, handle, ipLine, type IpLine, number, showLine, withoutZeros } from "../model/link/ip-line.ts";
import { deviceSettings, type DeviceSettings } from "../model/link/device-settings.ts";
import type { Interface } from "../model/wire/session-protocol.ts";
import { type Netns, runIn, startIn } from "./netns.ts";
import { readTable } from "./proc-net.ts";
import type { Started } from "./run.ts";

/** A link as `ip -j -d address` prints it; the alias is missing without `-d`. */
export interface Link extends Interface {
  /** The kernel's interface index, which isn't reused for a later link of that name. */
  readonly index?: number;
  readonly alias?: string;
  /** The kernel's link kind, such as `macvlan`; absent for a physical NIC. */
  readonly kind?: string;
  /** The lower link, if it is in the same network namespace. */
  readonly parent?: string;
  /** The bridge or bond of which it is a port. */
  readonly master?: string;
  /** Whether the link is up and has a carrier. */
  readonly carries?: boolean;
  /** Whether the link is a bridge port in the forwarding state. */
  readonly forwards?: boolean;
  /** Whether the link is a bridge port that the bridge has closed, although it has a carrier. */
  readonly isClosed?: boolean;
  readonly vlan?: number;
  /** The bus address of its hardware, such as a PCI address. */
  readonly bus?: string;
  /** The MAC of its hardware, if it has another one now. */
  readonly permanentMac?: string;
  /** Names besides its name. */
  readonly altnames?: readonly string[];
  readonly settings?: DeviceSettings;
  /** Whether the link has an XDP program. */
  readonly hasProgram?: boolean;
  /** Index of the lower link, and ID of its network namespace, if that is a different one. */
  readonly lowerIndex?: number;
  readonly lowerNetns?: number;
  /** Index of a veth's peer, and ID of the peer's network namespace if the peer is in a different one. */
  readonly peerIndex?: number;
  readonly peerNetns?: number;
}

export interface IpAddressRow {
  readonly ifindex?: number;
  readonly ifname?: string;
  readonly ifalias?: string;
  readonly address?: string;
  readonly mtu?: number;
  readonly flags?: readonly string[];
  readonly link?: string;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly master?: string;
  readonly parentdev?: string;
  readonly permaddr?: string;
  readonly altnames?: readonly string[];
  readonly broadcast?: string;
  readonly txqlen?: number;
  readonly group?: string;
  readonly gso_max_size?: number;
  readonly gso_max_segs?: number;
  readonly gro_max_size?: number;
  readonly xdp?: object;
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
    /** True for addresses that the kernel formed from router advertisements. */
    readonly mngtmpaddr?: boolean;
  }[];
}

/** The rows that an `ip` command with these words prints as JSON. */
export async function ipRows<T>(netns: Netns, words: readonly string[]): Promise<T[]> {
  return rowsIn<T>(await runIn(netns, "ip", words), words);
}

/** The entries of a bridge's table of MACs for one of the node's links (bridge(8)), as JSON. */
export async function fdbRows<T>(port: string): Promise<T[]> {
  const words = ["-j", "fdb", "show", "dev", port];
  return rowsIn<T>(await runIn("node", "bridge", words), words, "bridge");
}

function rowsIn<T>(json: string, words: readonly string[], program = "ip"): T[] {
  try {
    return parseRows<T>(json);
  } catch (cause) {
    throw new VnicError("failed", `${program} ${words.join(" ")}: its output can't be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** The rows like {@link ipRows}, with control characters as they are. Nothing but `ip` may get such a text. */
export async function exactRows(netns: Netns, words: readonly string[]): Promise<IpAddressRow[]> {
  const json = await runIn(netns, "ip", words);
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  // eslint-disable-next-line no-control-regex
  return parseRows<IpAddressRow>(json.trim().replace(/[\u0000-\u001f\u007f]/g, escape));
}

/** Makes `ip` print JSON with all details of a link. */
const detailed = ["-j", "-d"];

/** All links of a network namespace. Every namespace has `lo`, so an empty list is an error. */
export async function listLinks(netns: Netns): Promise<Link[]> {
  const words = [...detailed, "address", "show"];
  return allLinksIn(await runIn(netns, "ip", words), words);
}

function allLinksIn(json: string, words: readonly string[]): Link[] {
  const links = linksOf(rowsIn<IpAddressRow>(json, words));
  if (links.length === 0) throw new VnicError("failed", `ip ${words.join(" ")}: its output has no link, not even lo`);
  return links;
}

/**
 * Whether the node may have a link of that name, by the kernel's table (proc_net(5)). Reading it starts no program, so a
 * Vnic whose parent is missing costs little, however often it is tried.
 */
export function mayHaveLink(name: string): boolean {
  const rows = readTable("/proc/net/dev").split("\n");
  return rows.length < 2 || rows.some((row) => row.trimStart().startsWith(`${name}:`));
}

/** The links in rows of `ip -j -d address show`. */
export function linksOf(rows: readonly IpAddressRow[]): Link[] {
  // `ip -j` prints an empty object for each link that its filters leave out.
  return rows.filter((row) => row.ifname !== undefined).map(readLink);
}

/**
 * Parses the output of `ip -j`, which is empty for example if IPv6 is off. A pod may put control characters into names
 * and aliases, which `ip` prints raw and JSON forbids; they are replaced.
 */
export function parseRows<T>(json = ""): T[] {
  // eslint-disable-next-line no-control-regex
  const clean = json.replace(/[\u0000-\u001f\u007f]/g, "\ufffd");
  const text = clean.replace(/^\ufffd+|\ufffd+$/g, "");
  if (text === "") return [];
  const rows: unknown = JSON.parse(text);
  if (!Array.isArray(rows)) throw new Error("it is no list");
  return rows.filter((row) => typeof row === "object" && row !== null) as T[];
}

/** Limit of addresses per link, above that of any plan. A pod may add any number. */
const maxAddresses = 1000;

export function readLink(row: IpAddressRow): Link {
  const { ifname = "", address = "", mtu = 0, flags = [], addr_info = [], linkinfo } = row;
  const own = addr_info.slice(0, maxAddresses).filter(({ family, scope }) => !(family === "inet6" && scope === "link"));
  const cidrs = (rows: typeof own) => rows.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const announced = cidrs(own.filter(({ mngtmpaddr }) => mngtmpaddr));
  return omitUndefined({
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
    isClosed: (flags.includes("LOWER_UP") && linkinfo?.info_slave_data?.state === "disabled") || undefined,
    vlan: linkinfo?.info_kind === "vlan" ? linkinfo.info_data?.id : undefined,
    bus: row.parentdev,
    permanentMac: row.permaddr,
    altnames: row.altnames,
    settings: settingsIn(row),
    hasProgram: row.xdp === undefined ? undefined : true,
    lowerIndex: linkinfo?.info_kind === "veth" ? undefined : row.link_index,
    lowerNetns: linkinfo?.info_kind === "veth" ? undefined : row.link_netnsid,
    peerIndex: linkinfo?.info_kind === "veth" ? row.link_index : undefined,
    peerNetns: linkinfo?.info_kind === "veth" ? row.link_netnsid : undefined,
  });
}

function settingsIn(row: IpAddressRow) {
  const { flags = [], broadcast = "", txqlen, group, gso_max_size, gso_max_segs, gro_max_size } = row;
  const settings = {
    arp: !flags.includes("NOARP"),
    multicast: flags.includes("MULTICAST"),
    promisc: flags.includes("PROMISC"),
    allmulticast: flags.includes("ALLMULTI"),
    dynamic: flags.includes("DYNAMIC"),
    trailers: !flags.includes("NOTRAILERS"),
    // Some kinds of links have addresses of another length.
    broadcast: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(broadcast) ? broadcast : undefined,
    txqueuelen: txqlen,
    group,
    gso_max_size,
    gso_max_segs,
    gro_max_size,
  };
  return deviceSettings.safeParse(omitUndefined(settings)).data;
}

/** The part of a link that a session reports. */
export function interfaceOf({ name, mac, mtu, addresses, slaacAddresses, up }: Link): Interface {
  // A pod may add any number of addresses.
  const limited = (all: readonly string[]) => all.slice(0, maxItems.seenAddresses);
  return omitUndefined({
    name,
    mac,
    mtu,
    addresses: limited(addresses),
    slaacAddresses: slaacAddresses && limited(slaacAddresses),
    up,
  });
}

/**
 * Runs `ip` commands in one process; stops at the first one that fails. A deletion of what isn't there is no failure: the
 * pod may have deleted it, or have made something that only looks like it.
 */
export async function ipBatch(netns: Netns, lines: readonly IpLine[], options: readonly string[] = []): Promise<void> {
  try {
    await prepareIpBatch(netns, options)(lines);
  } catch (error) {
    const failed = failedLine(messageOf((error as Error).cause));
    if (failed === undefined || !isDeletion(lines[failed]) || !isOnlyMissing(error)) throw error;
    const rest = lines.slice(failed + 1);
    const deletions = rest.findIndex((line) => !isDeletion(line));
    const next = deletions < 0 ? rest.length : deletions;
    await deleteEntries(netns, rest.slice(0, next), options);
    if (next < rest.length) await ipBatch(netns, rest.slice(next), options);
  }
}

/** Runs deletions of addresses, routes and rules in one process, and doesn't stop at one that isn't there. */
export async function deleteEntries(
  netns: Netns,
  lines: readonly IpLine[],
  options: readonly string[] = [],
): Promise<void> {
  if (lines.length === 0) return;
  await prepareIpBatch(netns, [...options, "-force"])(lines).catch((error: unknown) => {
    if (!isOnlyMissing(error)) throw error;
  });
}

function isDeletion(line: string | undefined): boolean {
  return /^(address|route|rule) del /.test(line ?? "");
}

/** The answers of the kernel to the deletion of what isn't there, in lower case. */
const missing = [
  "no such process",
  "no such file or directory",
  "cannot assign requested address",
  "ipv4: address not found.",
  "ipv6: address not found.",
];

/** Whether all commands of a batch that failed did so because there was nothing to delete. A long output is cut off. */
function isOnlyMissing(error: unknown): boolean {
  const { cause } = error as Error;
  const answers = [...messageOf(cause).matchAll(/(?:RTNETLINK answers|Error): ([^;]*)/g)].map(([, answer = ""]) =>
    answer.toLowerCase(),
  );
  return answers.length > 0 && answers.every((answer) => missing.some((text) => text.startsWith(answer)));
}

/** The index of the line at which a batch has stopped, according to the message of `ip`. */
function failedLine(message: string): number | undefined {
  const number = /Command failed -:(\d+)/.exec(message)?.[1];
  return number === undefined ? undefined : Number(number) - 1;
}

/** An `ip -batch` that was started; takes its commands, once. */
export type Batch<T> = (lines: readonly IpLine[]) => Promise<T>;

/** Starts `ip -batch` ahead of its commands, because its start takes as long as the commands. */
export function prepareIpBatch(netns: Netns, options: readonly string[] = []): Batch<undefined> {
  const ip = startIn(netns, "ip", [...options, "-batch", "-"]);
  return (lines) => finishBatch(ip, lines).then(() => undefined);
}

/**
 * Starts `ip -batch` ahead of its commands. It lists all links of the network namespace after them, which saves the
 * start of another program.
 */
export function prepareListingBatch(netns: Netns): Batch<Link[]> {
  const words = [...detailed, "-batch", "-"];
  const ip = startIn(netns, "ip", words);
  return async (lines) => allLinksIn(await finishBatch(ip, [...lines, showLine]), words);
}

async function finishBatch(ip: Started, lines: readonly IpLine[]): Promise<string> {
  try {
    return await ip.finish(batchOf(lines));
  } catch (error) {
    throw explainBatchError(error, lines);
  }
}

/** Deletes a link. It may be gone already: the kernel deletes the node's end of a veth when the pod's end goes. */
export async function deleteLink(netns: Netns, link: Pick<Link, "name" | "index">): Promise<void> {
  try {
    await ipBatch(netns, [ipLine`link del dev ${handle(link)}`]);
  } catch (error) {
    if ((await listLinks(netns)).some(({ index }) => index === link.index)) throw error;
  }
}

/** Deletes many links of a pod with one program, and doesn't stop at one that can't be deleted. */
export async function deleteLinks(netns: Netns, links: readonly Pick<Link, "name" | "index">[]): Promise<void> {
  if (links.length === 0) return;
  // The kernel waits for some 20 ms after each deletion, but deletes a whole group at once.
  const group = number(randomInt(...groups));
  const lines =
    links.length < fewLinks
      ? links.map((link) => ipLine`link del dev ${handle(link)}`)
      : [...links.map((link) => ipLine`link set dev ${handle(link)} group ${group}`), ipLine`link del group ${group}`];
  await ipBatch(netns, lines, ["-force"]);
}

/** Number of links below which they are deleted one by one. */
const fewLinks = 8;
/** Range of the numbers for groups of links, which nothing else uses. */
const groups = [2 ** 30, 2 ** 31 - 1] as const;

/** Replaces the line number in an error of `ip` by the command itself. */
function explainBatchError(error: unknown, lines: readonly string[]): unknown {
  if (!(error instanceof VnicError)) return error;
  const line = lines[failedLine(error.message) ?? -1];
  const words = /(?:RTNETLINK answers|Error): (.*?)(?:;|$)/.exec(error.message)?.[1] ?? error.message;
  const taken = line?.includes(" name ") && words === "File exists";
  const unsupported = line?.startsWith("link add") && /not supported|Unknown device type/.test(words);
  const kind = / type (\w+)/.exec(line ?? "")?.[1] ?? "";
  const hint = unsupported
    ? `; load the kernel module ${kind === "vlan" ? "8021q" : kind} on the node`
    : words === "Address already in use"
      ? "; another link on the same parent has its MAC, as a pod with NET_ADMIN may choose: find and delete that pod"
      : "";
  const message = withoutZeros(`ip ${line ?? lines.join(", ")}: ${words}${hint}`);
  return new VnicError(taken || unsupported ? "refused" : "failed", message, { cause: error });
}
