/* Expressions about addresses in CEL, for rules of CRDs and for admission policies. */

/** An IPv4 address as a number, from the list of its octets. */
export function numberOf(octets: string): string {
  const each = [16777216, 65536, 256, 1].map((factor, index) => `int(${octets}[${index}]) * ${factor}`);
  return `(${each.join(" + ")})`;
}

/** Whether an IP address is in one of the blocks. */
export function isInBlocks(ip: string, blocks: readonly string[]): string {
  return `(${blocks.map((block) => `cidr('${block}').containsIP(${ip})`).join(" || ")})`;
}

/** Number of addresses of an IPv4 subnet by its prefix length, because CEL has no operator for powers. */
const sizes = `[${Array.from({ length: 31 }, (_, prefix) => 2 ** (32 - prefix)).join(", ")}]`;

/** Whether a host is the first address of a subnet of that family that has more than two; both are text. */
export function isFirst(family: 4 | 6, host: string, subnet: string): string {
  const most = family === 4 ? 30 : 126;
  return `(ip(${host}).family() == ${family} && cidr(${subnet}).prefixLength() <= ${most} && cidr(${subnet}).masked().ip() == ip(${host}))`;
}

/** Whether a host is the last address of an IPv4 subnet that has more than two; both are text. */
export function isLast(host: string, subnet: string): string {
  // CEL has no local variables; a macro over a list of one element gives a value a name.
  const ends = `[${host}.split('.')].exists(octets, (${numberOf("octets")} + 1) % ${sizes}[cidr(${subnet}).prefixLength()] == 0)`;
  return `(ip(${host}).family() == 4 && cidr(${subnet}).containsIP(${host}) && cidr(${subnet}).prefixLength() <= 30 && ${ends})`;
}
