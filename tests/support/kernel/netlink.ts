import type { Machine } from "./machine.ts";

/* Requests that the `ip` of this machine may not know, as a pod can bring any program (rtnetlink(7), if_link.h). */

/** Attributes of a link that are numbers of 32 bits. */
export const linkNumbers = { gso_ipv4_max_size: 63, gro_ipv4_max_size: 64 } as const;

type Numbers = Readonly<Record<keyof typeof linkNumbers, number>>;

const [newLink, getLink] = [16, 18];
const [isRequest, wantsAnswer] = [1, 4];
const headerLength = 16;
const linkLength = 16;

/** Changes attributes of a link; resolves to all of them as they are then. */
export async function changeLink(machine: Machine, index: number, wanted: Partial<Numbers> = {}): Promise<Numbers> {
  const link = Buffer.alloc(linkLength);
  link.writeInt32LE(index, 4);
  const attributes = Object.entries(wanted).map(([name, value]) => {
    const attribute = Buffer.alloc(8);
    attribute.writeUInt16LE(attribute.length, 0);
    attribute.writeUInt16LE(linkNumbers[name as keyof Numbers], 2);
    attribute.writeUInt32LE(value, 4);
    return attribute;
  });
  await ask(machine, newLink, isRequest | wantsAnswer, [link, ...attributes]);
  const answer = await ask(machine, getLink, isRequest, [link]);
  const found = new Map<number, number>();
  for (let at = headerLength + linkLength; at + 4 <= answer.readUInt32LE(0);) {
    const length = answer.readUInt16LE(at);
    if (length === 8) found.set(answer.readUInt16LE(at + 2), answer.readUInt32LE(at + 4));
    at += (length + 3) & ~3;
  }
  return Object.fromEntries(Object.entries(linkNumbers).map(([name, type]) => [name, found.get(type)])) as Numbers;
}

async function ask(machine: Machine, type: number, flags: number, body: readonly Buffer[]): Promise<Buffer> {
  const header = Buffer.alloc(headerLength);
  header.writeUInt32LE(headerLength + Buffer.concat(body).length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  const octal = [...header, ...body.flatMap((part) => [...part])].map(
    (byte) => `\\${byte.toString(8).padStart(3, "0")}`,
  );
  // The address is that of the kernel: family and size of `sockaddr_nl` are socat's part.
  const socket = "SOCKET-DATAGRAM:16:3:0:x00000000000000000000";
  const script = `printf '${octal.join("")}' | socat -t0.2 - ${socket} | od -An -v -tx1`;
  const hex = await machine.must(["sh", "-c", script]);
  const answer = Buffer.from(hex.replace(/\s/g, ""), "hex");
  const isError = answer.readUInt16LE(4) === 2;
  if (isError && answer.readInt32LE(headerLength) !== 0)
    throw new Error(`the kernel refuses the change of the link: error ${-answer.readInt32LE(headerLength)}`);
  return answer;
}
