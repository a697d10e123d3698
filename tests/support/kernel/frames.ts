import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded, kill } from "../../lab/child.ts";
import { until } from "../../lab/run.ts";
import type { Machine } from "./machine.ts";
import { ipv4Octets } from "../octets.ts";

/* Ethernet frames that any program with NET_RAW can send, but no ordinary one does. */

/** Sends frames of one length over a link, as fast as it takes them. */
export async function sendFrames(machine: Machine, link: string, frames: readonly Buffer[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "vnic-frames-"));
  const file = join(folder, "frames");
  await writeFile(file, Buffer.concat(frames));
  try {
    // Each block that it reads becomes one frame.
    await machine.must(["socat", "-u", "-b", String(frames[0]?.length), `FILE:${file}`, `INTERFACE:${link}`]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Sends frames of one length again and again, without a pause, until the returned function is called. Resolves once it
 * has begun.
 */
export async function flood(machine: Machine, link: string, frames: readonly Buffer[]): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "vnic-frames-"));
  const [file, program] = [join(folder, "frames"), join(folder, "repeat")];
  const rounds = Math.ceil(5000 / frames.length);
  await writeFile(file, Buffer.concat(Array.from({ length: rounds }, () => frames).flat()));
  const length = String(frames[0]?.length);
  const blocks = `dd bs=${length} iflag=fullblock status=none`;
  await writeFile(program, `#!/bin/sh\nwhile cat ${file}; do :; done | ${blocks}\n`, { mode: 0o755 });
  // By a socket for datagrams, each block becomes one frame.
  const argv = ["socat", "-u", "-b", length, `EXEC:${program},socktype=2`, `INTERFACE:${link}`];
  const sending = machine.spawn(argv);
  const stop = async () => {
    await kill(sending, "SIGTERM");
    await rm(folder, { recursive: true });
  };
  const before = await sentBy(machine, link);
  await until("the flood", 60, async () => {
    if (hasEnded(sending)) throw new Error("socat has ended");
    return (await sentBy(machine, link)) > before + 100 || undefined;
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return stop;
}

/** The number of frames that a link has sent (proc_net(5)). */
async function sentBy(machine: Machine, link: string): Promise<number> {
  const table = await machine.must(["cat", "/proc/net/dev"]);
  return Number(new RegExp(`${link}:(?:\\s*\\d+){9}\\s+(\\d+)`).exec(table)?.[1]);
}

/** An ARP reply to all hosts (RFC 826). */
export function arpReply(sender: { readonly mac: string; readonly address: string }): Buffer {
  const own = Buffer.concat([macBytes(sender.mac), ipv4Octets(sender.address)]);
  const head = Buffer.from("0001080006040002", "hex");
  return frame("ff:ff:ff:ff:ff:ff", sender.mac, 0x0806, Buffer.concat([head, own, Buffer.alloc(10)]));
}

/** A router's claim that an answer to a ping was too large for its next network, which takes 68 octets (RFC 1191). */
export function fragmentationNeeded({ to, router, own, distant }: TooLarge): Buffer {
  const answer = datagram(own, distant, Buffer.from("0000000000010001", "hex"));
  const message = Buffer.concat([Buffer.from("0304000000000044", "hex"), answer]);
  message.writeUInt16BE(checksum(message), 2);
  return frame(to, "02:66:00:00:00:01", 0x0800, datagram(router, own, message));
}

interface TooLarge {
  /** The MAC of the host that the claim is sent to. */
  readonly to: string;
  readonly router: string;
  /** That host's address, from which the answer was sent. */
  readonly own: string;
  /** Where the answer was sent. */
  readonly distant: string;
}

/** An IPv4 packet with a message of ICMP. */
function datagram(source: string, target: string, message: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.from("450000000000000040010000", "hex"),
    ipv4Octets(source),
    ipv4Octets(target),
  ]);
  header.writeUInt16BE(header.length + message.length, 2);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, message]);
}

/** A report that the sender is in a group of IPv4 (IGMPv2, RFC 2236). */
export function igmpReport(mac: string, source: string, group: string): Buffer {
  const message = Buffer.concat([Buffer.from([0x16, 0, 0, 0]), ipv4Octets(group)]);
  message.writeUInt16BE(checksum(message), 2);
  // 24 octets, with the option Router Alert.
  const header = Buffer.from("46c000200000400001020000", "hex");
  const whole = Buffer.concat([header, ipv4Octets(source), ipv4Octets(group), Buffer.from("94040000", "hex")]);
  whole.writeUInt16BE(checksum(whole), 10);
  const [, b = 0, c = 0, d = 0] = ipv4Octets(group);
  const to = ["01", "00", "5e", ...[b & 127, c, d].map(hex)].join(":");
  return frame(to, mac, 0x0800, Buffer.concat([whole, message]));
}

/** A router's question who is in a group of IPv6, or in any if the group is `::` (MLD, RFC 2710). */
export function mldQuery(mac: string, { to, group, milliseconds }: MldQuestion): Buffer {
  const [from, target, asked] = ["fe80::1", to, group].map(ipv6Bytes) as [Buffer, Buffer, Buffer];
  const message = Buffer.concat([Buffer.from([130, 0, 0, 0, 0, 0, 0, 0]), asked]);
  message.writeUInt16BE(milliseconds, 4);
  const pseudo = Buffer.concat([from, target, Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58])]);
  message.writeUInt16BE(checksum(Buffer.concat([pseudo, message])), 2);
  // Hop-by-hop options with Router Alert (RFC 2711), which MLD requires.
  const options = Buffer.from("3a00050200000100", "hex");
  const header = Buffer.from([0x60, 0, 0, 0, 0, options.length + message.length, 0, 1]);
  const multicast = ["33", "33", ...[...target.subarray(12)].map(hex)].join(":");
  return frame(multicast, mac, 0x86dd, Buffer.concat([header, from, target, options, message]));
}

interface MldQuestion {
  /** The multicast address to which it is sent. */
  readonly to: string;
  readonly group: string;
  /** How long hosts may take to answer. */
  readonly milliseconds: number;
}

/** A neighbour's answer to all hosts that a MAC has an address (RFC 4861). */
export function neighborAdvertisement(mac: string, address: string): Buffer {
  const [target, to] = [ipv6Bytes(address), ipv6Bytes("ff02::1")];
  const option = Buffer.concat([Buffer.from([2, 1]), macBytes(mac)]);
  const message = Buffer.concat([Buffer.from([136, 0, 0, 0, 0x20, 0, 0, 0]), target, option]);
  const pseudo = Buffer.concat([target, to, Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58])]);
  message.writeUInt16BE(checksum(Buffer.concat([pseudo, message])), 2);
  const header = Buffer.from([0x60, 0, 0, 0, 0, message.length, 58, 255]);
  return frame("33:33:00:00:00:01", mac, 0x86dd, Buffer.concat([header, target, to, message]));
}

function frame(to: string, from: string, type: number, content: Buffer): Buffer {
  const header = Buffer.concat([macBytes(to), macBytes(from), Buffer.from([type >> 8, type & 255])]);
  const whole = Buffer.concat([header, content]);
  return Buffer.concat([whole, Buffer.alloc(Math.max(0, 60 - whole.length))]);
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

function ipv6Bytes(address: string): Buffer {
  const [front = [], back = []] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  return Buffer.from([...front, ...zeros, ...back].map((word) => word.padStart(4, "0")).join(""), "hex");
}

/** The checksum of the Internet protocols (RFC 1071). */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
