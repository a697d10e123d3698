import { bitsOf, type Family, familyOf } from "../../base/address.ts";
import ipaddr from "ipaddr.js";
import { isIPv4, isIPv6 } from "node:net";
import { maxLength, text } from "./bounds.ts";
import { isFirst, isInBlocks, isLast } from "./cel-address.ts";
import { admitted, type Rule, ruledBy } from "./rule.ts";
import { unassignable, type Unassignable } from "./address-blocks.ts";
import { contains, edges, prefixForm } from "./range.ts";

interface Host {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
  readonly bits: 32 | 128;
}

function parse(given: string): Host | undefined {
  const [host = "", prefix = "", ...rest] = given.split("/");
  if (rest.length > 0 || !prefixForm.test(prefix) || !(isIPv4(host) || isIPv6(host)) || host.includes("%"))
    return undefined;
  const address = ipaddr.parse(host);
  return { address, prefix: Number(prefix), bits: address.kind() === "ipv4" ? 32 : 128 };
}

/** A rule about the host address in a CIDR text. A text of another form breaks the first rule already. */
function hostRule(words: Rule["words"], holds: (host: Host) => boolean, cel?: string): Rule<Host | undefined> {
  const rule = { words, holds: (host: Host | undefined) => host !== undefined && holds(host) };
  return cel === undefined ? rule : { ...rule, cel };
}

/** The address without its prefix length, as a CEL expression. */
const itsHost = "self.split('/')[0]";

/** A CEL rule about a text that has the form of a CIDR address. */
const formed = (cel: string) => `!isCIDR(self) || ${cel}`;

/** A rule that the address is in none of the blocks. */
function outside({ blocks, words, inCel }: Unassignable): Rule<Host | undefined> {
  const subnets = blocks.map((block) => ipaddr.parseCIDR(block));
  return hostRule(
    words,
    ({ address }) =>
      !subnets.some(([subnet, prefix]) => subnet.kind() === address.kind() && address.match(subnet, prefix)),
    inCel === false ? undefined : formed(`!${isInBlocks("cidr(self).ip()", blocks)}`),
  );
}

/** Whether a host's address is the first or the last of its subnet that {@link edges} has. */
function isEdge({ address, prefix }: Host, which: "first" | "last"): boolean {
  const [first, last] = edges({ cidr: `${address.toString()}/${prefix}` });
  const edge = which === "first" ? first : last;
  return edge !== undefined && contains(edge, address.toString());
}

/** A rule that the address isn't the first one of a subnet of that family. */
function notFirst(family: Family, words: string): Rule<Host | undefined> {
  return hostRule(
    words,
    (host) => host.bits !== bitsOf(family) || !isEdge(host, "first"),
    formed(`!${isFirst(family, itsHost, "self")}`),
  );
}

/** Rules about the form alone. */
const formRules: Rule<Host | undefined>[] = [
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
    cel: formed("cidr(self).prefixLength() >= 1"),
  },
];

const rules: Rule<Host | undefined>[] = [
  ...formRules,
  ...unassignable.map(outside),
  notFirst(4, "is the network address of its own subnet; give a host address"),
  notFirst(6, "is the subnet-router anycast address of its own subnet (RFC 4291); give a host address"),
  hostRule(
    "is the broadcast address of its own subnet; give a host address",
    (host) => !isEdge(host, "last"),
    formed(`!${isLast(itsHost, "self")}`),
  ),
];

const cidrText = text(maxLength.address, "a CIDR address");

function canonical(given: string): string {
  const { address, prefix } = parse(given)!;
  return `${address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()}/${prefix}`;
}

/** A host address with prefix length, converted to canonical form (RFC 5952 for IPv6). */
export const hostCidr = ruledBy(cidrText, parse, rules).transform(canonical).meta(admitted(maxLength.address, rules));

/** An address that was accepted when it was stored, by the rules of that version. */
export const storedCidr = ruledBy(cidrText, parse, formRules).transform(canonical);
