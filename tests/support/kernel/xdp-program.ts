/*
 * An object file (ELF, elf(5)) with an XDP program that drops every packet, as a compiler would make it for
 * `ip link set … xdp object`.
 */

/** Two instructions of eBPF: `r0 = 1` (XDP_DROP), `exit`. */
const instructions = Buffer.from("b7000000010000009500000000000000", "hex");
const names = "\0.strtab\0xdp\0license\0.symtab\0drop\0";
const headerSize = 64;
const symbolSize = 24;

/** The object file; its program is in the section `xdp`. */
export function xdpProgram(): Buffer {
  const license = Buffer.from("GPL\0");
  const strings = Buffer.from(names);
  const parts = [strings, instructions, license, symbols()].map(padded);
  let offset = headerSize;
  const sections = [
    section("", 0, { offset: 0, size: 0 }),
    ...(
      [
        [".strtab", 3, strings.length, {}],
        ["xdp", 1, instructions.length, { flags: 6 }],
        ["license", 1, license.length, { flags: 3 }],
        [".symtab", 2, 2 * symbolSize, { link: 1, info: 1, entry: symbolSize }],
      ] as const
    ).map(([name, type, size, more], index) => {
      const made = section(name, type, { offset, size, ...more });
      offset += parts[index]?.length ?? 0;
      return made;
    }),
  ];
  return Buffer.concat([header(offset, sections.length), ...parts, ...sections]);
}

function header(sectionsAt: number, count: number): Buffer {
  const buffer = Buffer.alloc(headerSize);
  buffer.write("7f454c46020101", "hex");
  // A relocatable file for eBPF.
  buffer.writeUInt16LE(1, 16);
  buffer.writeUInt16LE(247, 18);
  buffer.writeUInt32LE(1, 20);
  buffer.writeBigUInt64LE(BigInt(sectionsAt), 40);
  [headerSize, 0, 0, headerSize, count, 1].forEach((value, index) => buffer.writeUInt16LE(value, 52 + 2 * index));
  return buffer;
}

interface Fields {
  readonly offset: number;
  readonly size: number;
  readonly flags?: number;
  readonly link?: number;
  readonly info?: number;
  readonly entry?: number;
}

function section(name: string, type: number, { offset, size, flags = 0, link = 0, info = 0, entry = 0 }: Fields) {
  const buffer = Buffer.alloc(headerSize);
  buffer.writeUInt32LE(nameAt(name), 0);
  buffer.writeUInt32LE(type, 4);
  [flags, 0, offset, size].forEach((value, index) => buffer.writeBigUInt64LE(BigInt(value), 8 + 8 * index));
  buffer.writeUInt32LE(link, 40);
  buffer.writeUInt32LE(info, 44);
  buffer.writeBigUInt64LE(8n, 48);
  buffer.writeBigUInt64LE(BigInt(entry), 56);
  return buffer;
}

/** The empty symbol, and the function `drop`, which is the whole section `xdp`. */
function symbols(): Buffer {
  const buffer = Buffer.alloc(2 * symbolSize);
  buffer.writeUInt32LE(nameAt("drop"), symbolSize);
  buffer.writeUInt8(0x12, symbolSize + 4);
  buffer.writeUInt16LE(2, symbolSize + 6);
  buffer.writeBigUInt64LE(BigInt(instructions.length), symbolSize + 16);
  return buffer;
}

function nameAt(name: string): number {
  return name === "" ? 0 : names.indexOf(`\0${name}\0`) + 1;
}

function padded(part: Buffer): Buffer {
  return Buffer.concat([part, Buffer.alloc(-part.length & 7)]);
}
