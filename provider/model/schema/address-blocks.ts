/** Blocks of addresses in CIDR form, and why no host has its address in them, as the end of a sentence. */
export interface Unassignable {
  readonly blocks: readonly string[];
  readonly words: string;
  /** Whether a rule of a CRD can check them. @default true */
  readonly inCel?: false;
}

/** The addresses that are no host's on any network. The first entry that has an address is the reason to report. */
export const unassignable: readonly Unassignable[] = [
  { blocks: ["0.0.0.0/32", "::/128"], words: "is the unspecified address; give a host address" },
  { blocks: ["0.0.0.0/8"], words: `is in 0.0.0.0/8, which means "this network" (RFC 1122); give a host address` },
  { blocks: ["127.0.0.0/8", "::1/128"], words: "is a loopback address; give one of the external network" },
  { blocks: ["224.0.0.0/4", "ff00::/8"], words: "is a multicast address; give a host address" },
  { blocks: ["255.255.255.255/32"], words: "is the broadcast address; give a host address" },
  { blocks: ["240.0.0.0/4"], words: "is in 240.0.0.0/4, which is reserved (RFC 1112); give a host address" },
  {
    blocks: ["fe80::/10"],
    words: "is a link-local address, which the kernel gives every NIC by itself; give one of the external network",
  },
  {
    blocks: ["::ffff:0:0/96"],
    words: "is an IPv4-mapped IPv6 address; write the IPv4 address itself",
    // For CEL's isCIDR, these aren't addresses.
    inCel: false,
  },
  {
    blocks: ["::/96"],
    words: "is an IPv4-compatible IPv6 address, a deprecated form (RFC 4291); write the IPv4 address itself",
  },
];

/** Addresses with a meaning of their own, which are allowed on a VnicNetwork only if its ranges contain them. */
export const special: readonly { readonly block: string; readonly words: string }[] = [
  { block: "169.254.0.0/16", words: "is link-local (RFC 3927)" },
  { block: "64:ff9b::/96", words: "is for NAT64 (RFC 6052)" },
];
