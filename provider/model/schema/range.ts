import { hostOf } from "../../base/address.ts";
import { memoizeByObject } from "../../base/memoize.ts";
import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { list, maxLength, maxItems, text } from "./bounds.ts";
import { descriptions } from "./field.ts";
import { known, unknownValue } from "./known.ts";
import { admitted, type Rule, ruled } from "./rule.ts";
import { quote } from "../../base/quote.ts";
import { unassignable } from "./address-blocks.ts";
import { numberOf } from "./cel-address.ts";

/** A range of addresses on an external network to allocate from. */
export interface AddressRange {
  /** The subnet. All addresses have its prefix length. */
  readonly cidr: string;
  /** The first address. Defaults to the subnet's first host. */
  readonly from?: string;
  /** The last address. Defaults to the subnet's last host. */
  readonly to?: string;
  /** Addresses, spans like `"192.168.50.20-192.168.50.30"` and subnets that are never allocated. */
  readonly exclude?: readonly string[];
}

/** A span of addresses as numbers, both ends included. */
export interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** The form of a prefix length. Go, and thus CEL, allows no zeros at the beginning. */
export const prefixForm = /^(0|[1-9]\d{0,2})$/;

/** CEL: whether `self` is a subnet. */
export const subnetInCel = "isCIDR(self) && cidr(self).prefixLength() >= 1";

const subnetRule = { words: `is not a subnet; write it like "192.168.50.0/24" or "fd50::/64"`, cel: subnetInCel };

/** A subnet's address and prefix length, converted to canonical form. */
export const subnet = text(maxLength.address, "a subnet")
  .transform((text, context) => {
    const parsed = isMapped(text) ? undefined : parseSubnet(text);
    if (parsed) return `${format(parsed.span.first, parsed.bits)}/${parsed.prefix}`;
    context.addIssue({ code: "custom", message: `${quote(text)} ${subnetRule.words}` });
    return z.NEVER;
  })
  .meta(admitted(maxLength.address, [subnetRule]));

const addressRules: Rule[] = [
  {
    words: `is not an IP address; write it like "192.168.50.10"`,
    holds: (text) => parseAddress(text) !== undefined,
    cel: "isIP(self)",
  },
];
const address = ruled(text(maxLength.address, "an IP address"), addressRules).meta(
  admitted(maxLength.address, addressRules),
);

const octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const families = [
  { address: `${octet}([.]${octet}){3}`, prefixLength: "([1-9]|[12][0-9]|3[0-2])" },
  { address: "[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", prefixLength: "([1-9][0-9]?|1[01][0-9]|12[0-8])" },
];
const spanForm = `^(${families.map(({ address, prefixLength }) => `${address}(-${address}|/${prefixLength})?`).join("|")})$`;

/** CEL: whether two addresses are of one family, and in order if they are IPv4. CEL can't compare IPv6 addresses. */
function inOrder(first: string, last: string): string {
  const [from, to] = [first, last].map((one) => numberOf(`${one}.split('.')`));
  return `ip(${first}).family() == ip(${last}).family() && (ip(${first}).family() == 6 || ${from} <= ${to})`;
}

const excludedRules: Rule[] = [
  {
    words: `is no address, span or subnet; write it like "192.168.50.1", "192.168.50.1-192.168.50.9" or "192.168.50.0/28"`,
    holds: (text) => parseSpan(text) !== undefined,
    // The API server may not parse so many texts; `parseSpan` also checks IPv6 addresses, and the order of two addresses.
    cel: `self.matches('${spanForm}')`,
  },
];
const excluded = ruled(text(maxLength.span, "two addresses"), excludedRules).meta(
  admitted(maxLength.span, excludedRules),
);

const nothingLeft = "has no host address left between from and to that is not excluded";

/** CEL: whether the ends of a range are in order, as far as CEL can compare them. */
const isOrdered = `!has(self.from) || !has(self.to) || !isIP(self.from) || !isIP(self.to) || ip(self.from).family() != ip(self.to).family() || ${inOrder("self.from", "self.to")}`;

/** CEL: whether a range's subnet isn't within a block that has no hosts. */
const isAssignable = `!isCIDR(self.cidr) || !(${unassignable
  .filter(({ inCel }) => inCel !== false)
  .flatMap(({ blocks }) => blocks.map((block) => `cidr('${block}').containsCIDR(self.cidr)`))
  .join(" || ")})`;

/** The schema of an {@link AddressRange}, which must contain at least one free address. */
export const addressRange: z.ZodType<AddressRange> = z
  .strictObject({
    cidr: known(subnet).register(descriptions, { doc: "The subnet; all addresses have its prefix length" }),
    from: known(address)
      .optional()
      .register(descriptions, { doc: "The first address", default: "the subnet's first host" }),
    to: known(address)
      .optional()
      .register(descriptions, { doc: "The last address", default: "the subnet's last host" }),
    exclude: known(list(known(excluded), maxItems.exclusions))
      .optional()
      .register(descriptions, {
        doc: "Addresses, spans like `192.168.50.20-192.168.50.30`, or subnets that are never allocated",
        default: "none",
      }),
  })
  .superRefine((range, context) => {
    const values = [range.cidr, range.from, range.to, range.exclude, ...(range.exclude ?? [])];
    if (values.includes(unknownValue)) return;
    const all = parseSubnet(range.cidr);
    if (!all) return;
    for (const property of ["from", "to"] as const) {
      const given = range[property];
      const parsed = given === undefined ? undefined : parseAddress(given);
      if (parsed && (parsed.bits !== all.bits || parsed.value < all.span.first || parsed.value > all.span.last))
        context.addIssue({ code: "custom", path: [property], message: `${given} is not in ${range.cidr}` });
    }
    if (context.issues.length === 0 && sizeOf(freeSpans(range as AddressRange)) === 0n)
      context.addIssue({
        code: "custom",
        message: `${range.cidr} ${nothingLeft}`,
      });
  })
  .meta({
    "x-kubernetes-validations": [
      ...["from", "to"].map((end) => ({
        rule: `!has(self.${end}) || !isIP(self.${end}) || !isCIDR(self.cidr) || cidr(self.cidr).containsIP(self.${end})`,
        messageExpression: `'${end}: ' + self.${end} + ' is not in ' + self.cidr`,
      })),
      ...[isOrdered, isAssignable].map((rule) => ({ rule, messageExpression: `self.cidr + ' ${nothingLeft}'` })),
    ],
  }) as z.ZodType<AddressRange>;

/**
 * The addresses of a range in ascending order, as spans without exclusions, network and broadcast addresses, and
 * addresses that no host can have.
 */
export const freeSpans = memoizeByObject((range: AddressRange): readonly Span[] => {
  const { span, bits } = parseSubnet(range.cidr)!;
  const first = range.from === undefined ? span.first : parseAddress(range.from)!.value;
  const last = range.to === undefined ? span.last : parseAddress(range.to)!.value;
  const excluded = [...(range.exclude ?? []), ...unassignable.flatMap(({ blocks }) => blocks)];
  const holes = excluded.map((text) => parseSpan(text)!).filter((hole) => hole.bits === bits);
  return gaps({ first, last }, [...holes, ...edges(range)]);
});

/**
 * The network and broadcast address of a range's subnet in this order, or its subnet-router anycast address (RFC 4291).
 * Ignores the host bits of `cidr`.
 */
export function edges({ cidr }: Pick<AddressRange, "cidr">): FamilySpan[] {
  const { span, bits, prefix } = parseSubnet(cidr)!;
  // A network of one or two addresses has neither (RFC 3021, RFC 6164); IPv6 has no broadcast address.
  if (prefix >= bits - 1) return [];
  const ends = bits === 32 ? [span.first, span.last] : [span.first];
  return ends.map((end) => ({ first: end, last: end, bits }));
}

/** The parts of a span between holes, which may overlap. */
function gaps({ first, last }: Span, holes: readonly Span[]): Span[] {
  const spans: Span[] = [];
  let next = first;
  const ascending = [...holes].sort((one, other) => (one.first < other.first ? -1 : one.first > other.first ? 1 : 0));
  for (const hole of ascending) {
    if (hole.first > last) break;
    if (hole.first > next) spans.push({ first: next, last: hole.first - 1n });
    if (hole.last >= next) next = hole.last + 1n;
  }
  return next <= last ? [...spans, { first: next, last }] : spans;
}

/** Number of addresses in the spans. */
export function sizeOf(spans: readonly Span[]): bigint {
  return spans.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

/** The address at an index of the range, from 0, with prefix length. */
export function addressAt(range: AddressRange, spans: readonly Span[], index: bigint): string {
  const { bits, prefix } = parseSubnet(range.cidr)!;
  const before = beforeEach(spans);
  const at = lastAtMost(before, index);
  const span = spans[at];
  const value = span ? span.first + index - before[at]! : undefined;
  if (!span || value === undefined || value > span.last)
    throw new RangeError(`${range.cidr} has no address number ${index}`);
  return `${format(value, bits)}/${prefix}`;
}

/** The index of an address in the range, ignoring its prefix length; undefined if it isn't one of the range. */
export function indexOf(range: AddressRange, spans: readonly Span[], cidr: string): bigint | undefined {
  const parsed = parseAddress(hostOf(cidr));
  if (!parsed || parsed.bits !== parseSubnet(range.cidr)?.bits) return undefined;
  const at = lastAtMost(firsts(spans), parsed.value);
  const span = spans[at];
  return span && parsed.value <= span.last ? beforeEach(spans)[at]! + parsed.value - span.first : undefined;
}

/** The number of addresses before each span. */
const beforeEach = memoizeByObject((spans: readonly Span[]): readonly bigint[] => {
  let before = 0n;
  return spans.map(({ first, last }) => {
    const its = before;
    before += last - first + 1n;
    return its;
  });
});

const firsts = memoizeByObject((spans: readonly Span[]): readonly bigint[] => spans.map(({ first }) => first));

/** The index of the last number that isn't above the limit, in an ascending list; -1 if there is none. */
function lastAtMost(ascending: readonly bigint[], limit: bigint): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A span of addresses of one family. */
export type FamilySpan = Span & { readonly bits: 32 | 128 };

/** The spans that a range excludes. */
export function holes({ exclude = [] }: AddressRange): FamilySpan[] {
  return exclude.flatMap((text) => parseSpan(text) ?? []);
}

/** Whether an address, without prefix length, is in the span. */
export function contains({ first, last, bits }: FamilySpan, address: string): boolean {
  const parsed = parseAddress(address);
  return parsed?.bits === bits && first <= parsed.value && parsed.value <= last;
}

/** Whether all allocatable addresses of `range` are between the first and the last address of `other`. */
export function isWithin(range: AddressRange, other: AddressRange): boolean {
  const [own, its] = [range, other].map((one) => freeSpans({ ...one, exclude: [] }));
  if (parseSubnet(range.cidr)?.bits !== parseSubnet(other.cidr)?.bits) return false;
  const [first, last] = [its?.at(0)?.first, its?.at(-1)?.last];
  if (first === undefined || last === undefined || !own) return false;
  return own.every((span) => first <= span.first && span.last <= last);
}

/** The span of a subnet or of a single address; undefined for other texts. */
export function spanOf(text: string): FamilySpan | undefined {
  return parseSpan(text);
}

/** Whether a subnet is given by an IPv4-mapped IPv6 address, which is none for Go, and thus for CEL. */
function isMapped(subnet: string): boolean {
  const [host = ""] = subnet.split("/");
  return isIPv6(host) && ipaddr.IPv6.isValid(host) && ipaddr.IPv6.parse(host).isIPv4MappedAddress();
}

function parseAddress(text: string): { value: bigint; bits: 32 | 128 } | undefined {
  if (!(isIPv4(text) || isIPv6(text)) || text.includes("%")) return undefined;
  const bytes = ipaddr.parse(text).toByteArray();
  return { value: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n), bits: bytes.length === 4 ? 32 : 128 };
}

function parseSubnet(text: string): { span: Span; bits: 32 | 128; prefix: number } | undefined {
  const [host = "", prefixText = "", ...rest] = text.split("/");
  const parsed = parseAddress(host);
  if (!parsed || rest.length > 0 || !prefixForm.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  if (prefix < 1 || prefix > parsed.bits) return undefined;
  const size = 1n << BigInt(parsed.bits - prefix);
  const first = parsed.value - (parsed.value % size);
  return { span: { first, last: first + size - 1n }, bits: parsed.bits, prefix };
}

function parseSpan(text: string): (Span & { bits: 32 | 128 }) | undefined {
  if (text.includes("/")) {
    const parsed = parseSubnet(text);
    return parsed && { ...parsed.span, bits: parsed.bits };
  }
  const [from, to, ...rest] = text.split("-").map(parseAddress);
  if (!from || rest.length > 0 || (text.includes("-") && !to)) return undefined;
  const end = to ?? from;
  return from.bits === end.bits && from.value <= end.value
    ? { first: from.value, last: end.value, bits: from.bits }
    : undefined;
}

function format(value: bigint, bits: 32 | 128): string {
  const bytes = Array.from({ length: bits / 8 }, (_, index) => Number((value >> BigInt(bits - 8 - 8 * index)) & 0xffn));
  const parsed = ipaddr.fromByteArray(bytes);
  return parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString();
}
