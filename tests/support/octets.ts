/** A MAC that begins with the four octets of `prefix` and ends with the number, which is less than 65536. */
export function numberedMac(prefix: string, number: number): string {
  const [high, low] = [number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0"));
  return `${prefix}:${high}:${low}`;
}

/** The octets of an IPv4 address. */
export function ipv4Octets(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}
