import ipaddr from "ipaddr.js";

/* Text forms of IP addresses: alone, or in CIDR form with a prefix length. */

/** The address of a CIDR text like `192.168.50.10/24`, without the prefix length. A text without one is returned as it is. */
export function hostOf(cidr: string): string {
  return cidr.split("/")[0] ?? cidr;
}

/** The prefix length of a CIDR text; empty for a text without one. */
export function prefixOf(cidr: string): string {
  return cidr.split("/")[1] ?? "";
}

export type Family = 4 | 6;

/** The family of a valid address or CIDR text. */
export function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

/** Number of bits of an address of that family. */
export function bitsOf(family: Family): 32 | 128 {
  return family === 6 ? 128 : 32;
}

/**
 * Whether an address, with or without a prefix length, is in the subnet of a CIDR text. The CIDR text may have host
 * bits.
 */
export function contains(cidr: string, address: string): boolean {
  if (familyOf(cidr) !== familyOf(address)) return false;
  const [network, prefix] = ipaddr.parseCIDR(cidr);
  return ipaddr.parse(hostOf(address)).match(network, prefix);
}

/** The subnet of an address in CIDR form, in canonical form. */
export function networkOf(cidr: string): string {
  const network = (familyOf(cidr) === 6 ? ipaddr.IPv6 : ipaddr.IPv4).networkAddressFromCIDR(cidr);
  return `${network instanceof ipaddr.IPv6 ? network.toRFC5952String() : network.toString()}/${prefixOf(cidr)}`;
}

/** Whether an address is link-local (RFC 3927, RFC 4291). */
export function isLinkLocal(address: string): boolean {
  return ipaddr.parse(hostOf(address)).range() === "linkLocal";
}
