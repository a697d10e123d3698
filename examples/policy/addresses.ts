import ipaddr from "ipaddr.js";

/** Whether a CIDR, with all its addresses if it is a subnet, is within another one. An address counts as one host. */
export function within(cidr: string, subnet: string): boolean {
  const [host, prefix] = parse(cidr);
  const [base, length] = parse(subnet);
  return host.kind() === base.kind() && (isNetwork(cidr) ? prefix >= length : true) && host.match(base, length);
}

/** Whether two CIDRs have an address in common. */
export function overlaps(cidr: string, subnet: string): boolean {
  return within(cidr, subnet) || (isNetwork(cidr) && within(subnet, cidr));
}

/** Whether the CIDR is a subnet rather than the address of a host in one. */
function isNetwork(cidr: string): boolean {
  const [host, length] = parse(cidr);
  const network =
    host.kind() === "ipv4" ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  const full = host.kind() === "ipv4" ? 32 : 128;
  return length < full && network.toNormalizedString() === host.toNormalizedString();
}

/** Parses a CIDR. */
function parse(cidr: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  return ipaddr.parseCIDR(cidr);
}
