import { bitsOf, familyOf, prefixOf } from "../../base/address.ts";
import ipaddr from "ipaddr.js";
import { isIPv4, isIPv6 } from "node:net";
import { maxLength, text } from "./bounds.ts";
import { admitted, type Rule, ruledBy } from "./rule.ts";

interface Host {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
  readonly bits: 32 | 128;
}

function parse(given: string): Host | undefined {
  const [host = "", prefix = "", ...rest] = given.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || !(isIPv4(host) || isIPv6(host)) || host.includes("%"))
    return undefined;
  const address = ipaddr.parse(host);
  return { address, prefix: Number(prefix), bits: address.kind() === "ipv4" ? 32 : 128 };
}

/** A rule about the host address in a CIDR text. A text of another form breaks the first rule already. */
function hostRule(words: Rule["words"], holds: (host: Host) => boolean, cel?: string): Rule<Host | undefined> {
  const rule = { words, holds: (host: Host | undefined) => host !== undefined && holds(host) };
  return cel === undefined ? rule : { ...rule, cel };
}

const isNotIn = (range: string) => (host: Host) => host.address.range() !== range;

/** A CEL expression about the IP of a text that has the form of a CIDR address. */
const ip = (cel: string) => `!isCIDR(self) || ${cel.replaceAll("IP", "cidr(self).ip()")}`;

/** Whether a subnet of that size has a network and a broadcast address (RFC 3021, RFC 6164). */
const isLarge = ({ prefix, bits }: Host) => prefix < bits - 1;

const rules: Rule<Host | undefined>[] = [
  {
    words: `is not a CIDR address; write it like "192.168.50.10/24" or "fd50::10/64"`,
    holds: (host) => host !== undefined,
    cel: "isCIDR(self)",
  },
  hostRule(
    (text) => `has a prefix length outside 1 to ${bitsOf(familyOf(text))}`,
    ({ prefix, bits }) => prefix >= 1 && prefix <= bits,
  ),
  {
    words: "has a prefix length of 0; give that of its own network",
    cel: "!isCIDR(self) || cidr(self).prefixLength() >= 1",
  },
  hostRule("is the unspecified address; give a host address", isNotIn("unspecified"), ip("!IP.isUnspecified()")),
  hostRule("is a loopback address; give one of the external network", isNotIn("loopback"), ip("!IP.isLoopback()")),
  hostRule(
    "is a multicast address; give a host address",
    isNotIn("multicast"),
    ip(
      "!(IP.family() == 4 && self.matches('^(22[4-9]|23[0-9])[.]')) && !(IP.family() == 6 && self.matches('^[fF]{2}'))",
    ),
  ),
  hostRule(
    "is the broadcast address; give a host address",
    isNotIn("broadcast"),
    "!self.startsWith('255.255.255.255/')",
  ),
  hostRule(
    "is a link-local address, which the kernel gives every NIC by itself; give one of the external network",
    ({ address }) => address.kind() === "ipv4" || address.range() !== "linkLocal",
    ip("!(IP.family() == 6 && IP.isLinkLocalUnicast())"),
  ),
  hostRule("is an IPv4-mapped IPv6 address; write the IPv4 address itself", isNotIn("ipv4Mapped")),
  hostRule(
    (text) => `is the network address of its own /${prefixOf(text)}; give a host address`,
    (host) => !isLarge(host) || host.address.toString() !== networkAddress(host),
  ),
  hostRule(
    (text) => `is the broadcast address of its own /${prefixOf(text)}; give a host address`,
    (host) => !isLarge(host) || host.bits === 128 || host.address.toString() !== broadcastAddress(host),
  ),
];

function networkAddress({ address, prefix, bits }: Host): string {
  const family = bits === 128 ? ipaddr.IPv6 : ipaddr.IPv4;
  return family.networkAddressFromCIDR(`${address.toString()}/${prefix}`).toString();
}

function broadcastAddress({ address, prefix }: Host): string {
  return ipaddr.IPv4.broadcastAddressFromCIDR(`${address.toString()}/${prefix}`).toString();
}

/** A host address with prefix length, converted to canonical form (RFC 5952 for IPv6). */
export const hostCidr = ruledBy(text(maxLength.address, "a CIDR address"), parse, rules)
  .transform((given) => {
    const { address, prefix } = parse(given)!;
    return `${address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()}/${prefix}`;
  })
  .meta(admitted(maxLength.address, rules));
