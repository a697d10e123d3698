/** A DHCP server that answers as scripted, valid or not. As a program it takes one argument: a `Script` as JSON. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { firstOutput, kill } from "../lab/child.ts";
import { ipv4Octets } from "./octets.ts";

export interface Reply {
  /** The offered address. */
  readonly ip: string;
  /**
   * Options by number, as hexadecimal text, which replace or extend the usual ones. An option with an empty text is
   * left out.
   */
  readonly options?: Readonly<Record<number, string>>;
  readonly copies?: number;
  readonly delayMilliseconds?: number;
  /**
   * Packets to send unchanged before the reply: hexadecimal text, in which `XID` and `MAC` stand for the client's
   * values.
   */
  readonly before?: readonly string[];
  /** How many times each of these is sent. */
  readonly copiesBefore?: number;
}

export interface Script {
  readonly server: string;
  /** The reply to the client's first request; after each refused renewal, the next one. */
  readonly replies: readonly Reply[];
  /** How many renewals to refuse. The next entry of `replies` is used after each. */
  readonly naks?: number;
  /** Whether to ignore unicast requests, like a server that didn't give the lease. */
  readonly broadcastsOnly?: boolean;
}

const types = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6, release: 7 };
const cookie = Buffer.from("63825363", "hex");

/** Text as the hexadecimal of an option. */
export function text(content: string): string {
  return Buffer.from(content, "latin1").toString("hex");
}

function read(packet: Buffer): { xid: Buffer; mac: Buffer; bound: boolean; options: Map<number, Buffer> } {
  const options = new Map<number, Buffer>();
  for (let at = 240; at < packet.length && packet[at] !== 255;) {
    if (packet[at] === 0) at++;
    else {
      const length = packet[at + 1] ?? 0;
      options.set(packet[at] ?? 0, packet.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  // A client that renews sends its address in ciaddr.
  const bound = packet.subarray(12, 16).some((byte) => byte !== 0);
  return { xid: packet.subarray(4, 8), mac: packet.subarray(28, 34), bound, options };
}

function write(type: number, xid: Buffer, mac: Buffer, server: string, { ip, options = {} }: Reply): Buffer {
  const head = Buffer.alloc(236);
  head.set([2, 1, 6, 0]);
  head.set(xid, 4);
  if (type !== types.nak) head.set(ipv4Octets(ip), 16);
  head.set(mac, 28);
  const usual: Record<number, string> = {
    53: Buffer.of(type).toString("hex"),
    54: ipv4Octets(server).toString("hex"),
    ...(type === types.nak ? {} : { 1: "ffffff00", 51: "0000001e", ...options }),
  };
  const fields = Object.entries(usual).filter(([, hex]) => hex !== "");
  const encoded = fields.map(([code, hex]) => {
    const value = Buffer.from(hex, "hex");
    return Buffer.concat([Buffer.of(Number(code), value.length), value]);
  });
  return Buffer.concat([head, cookie, ...encoded, Buffer.of(255), Buffer.alloc(60)]);
}

function serve({ server, replies, naks = 0, broadcastsOnly = false }: Script): void {
  const socket = createSocket("udp4");
  let turn = 0;
  let refusals = naks;
  const send = (packet: Buffer) => socket.send(packet, 68, "255.255.255.255");
  socket.on("message", (packet) => {
    const { xid, mac, bound, options } = read(packet);
    const asked = options.get(53)?.[0];
    if (asked !== types.discover && asked !== types.request) return;
    if (asked === types.request && bound && refusals > 0) {
      refusals--;
      turn++;
      return send(write(types.nak, xid, mac, server, { ip: "0.0.0.0" }));
    }
    const reply = replies[Math.min(turn, replies.length - 1)]!;
    const { copies = 1, delayMilliseconds = 0, before = [], copiesBefore = 1 } = reply;
    setTimeout(() => {
      for (const hex of before) {
        const packet = hex.replaceAll("XID", xid.toString("hex")).replaceAll("MAC", mac.toString("hex"));
        for (let copy = 0; copy < copiesBefore; copy++) send(Buffer.from(packet, "hex"));
      }
      const answer = write(asked === types.discover ? types.offer : types.ack, xid, mac, server, reply);
      for (let copy = 0; copy < copies; copy++) send(answer);
    }, delayMilliseconds);
  });
  socket.bind(67, broadcastsOnly ? "255.255.255.255" : "0.0.0.0", () => {
    socket.setBroadcast(true);
    console.log("listening");
  });
}

/** Runs a script in its own process on the host of `enter`; returns a function that stops it. */
export async function runScript(
  script: Script,
  enter: (argv: readonly string[]) => string[],
): Promise<() => Promise<void>> {
  const [program = "", ...rest] = enter([process.execPath, import.meta.filename, JSON.stringify(script)]);
  const server = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  await firstOutput(server);
  return () => kill(server);
}

if (process.argv[1] === import.meta.filename) serve(JSON.parse(process.argv[2] ?? "") as Script);
