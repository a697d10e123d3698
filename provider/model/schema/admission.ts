import * as z from "zod";
import { longest, most } from "./bounds.ts";
import * as field from "./fields.ts";

/*
 * The rules of `fields.ts` once more, in CEL, for the API server: whoever writes a record with kubectl is told at admission what
 * a Pulumi program is told at preview, in the same words. What CEL can't say is said by the record's condition `Ready`.
 */

/** A rule, and what is said of a value that breaks it, after the value itself. */
type Rule = readonly [rule: string, words: string];

/** The schema, with rules in place of what it says by itself; `maxLength` bounds what a rule may cost. */
function withRules<T extends z.ZodType>(schema: T, maxLength: number, ...rules: Rule[]): T {
  return schema.meta({
    maxLength,
    "x-kubernetes-validations": rules.map(([rule, words]) => ({
      rule,
      messageExpression: `'"' + self + '" ${words}'`,
    })),
  });
}

export const objectName = withRules(field.objectName, longest.objectName, [
  "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
  `is not a Kubernetes name: use a-z, 0-9, "-" and "."`,
]);

export const interfaceName = withRules(
  field.interfaceName,
  63,
  ["size(self) <= 15", "is longer than the kernel\\'s 15 characters (IFNAMSIZ)"],
  [
    "self.matches('^[a-z][a-z0-9._-]*$')",
    `is not an interface name: begin with a-z, then use a-z, 0-9, ".", "_" or "-"`,
  ],
  ["!(self in ['lo', 'eth0', 'all', 'default'])", `is reserved in every pod; choose another, like "net1"`],
);

const isMac = "self.matches('^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$')";

export const mac = withRules(
  z.string(),
  longest.mac,
  [isMac, `is not a MAC address; write it like "02:00:5e:10:00:01"`],
  ["!self.matches('^(00[:-]){5}00$')", "is the zero MAC address, which no NIC may have"],
  ["!self.matches('^([fF]{2}[:-]){5}[fF]{2}$')", "is the broadcast MAC address, which no NIC may have"],
  [
    `!${isMac} || self.matches('^[0-9a-fA-F][02468aceACE]') || self.matches('^[fF]{2}([:-][fF]{2}){5}$')`,
    "is a multicast MAC address; the lowest bit of the first octet must be 0",
  ],
);

/** CEL rule about the IP of an address that has the right form. */
const ip = (rule: string) => `!isCIDR(self) || ${rule.replaceAll("IP", "cidr(self).ip()")}`;

export const hostCidr = withRules(
  z.string(),
  longest.address,
  ["isCIDR(self)", `is not a CIDR address; write it like "192.168.50.10/24" or "fd50::10/64"`],
  ["!isCIDR(self) || cidr(self).prefixLength() >= 1", "has a prefix length of 0; give that of its own network"],
  [ip("!IP.isUnspecified()"), "is the unspecified address; give a host address"],
  [ip("!IP.isLoopback()"), "is a loopback address; give one of the external network"],
  [
    ip(
      "!(IP.family() == 4 && self.matches('^(22[4-9]|23[0-9])[.]')) && !(IP.family() == 6 && self.matches('^[fF]{2}'))",
    ),
    "is a multicast address; give a host address",
  ],
  ["!self.startsWith('255.255.255.255/')", "is the broadcast address; give a host address"],
  [
    ip("!(IP.family() == 6 && IP.isLinkLocalUnicast())"),
    "is a link-local address, which the kernel gives every NIC by itself; give one of the external network",
  ],
);

export const addresses = z.array(hostCidr).max(most.addresses);

export const deletionPolicy = withRules(field.deletionPolicy, 63, [
  "self in ['detach', 'waitForPod']",
  `is not a deletion policy; use "detach" to unplug the NIC from the running pod, or "waitForPod"`,
]);

/** Labels, or what selects by labels. The keys of a map have no schema, so a rule bounds them. */
export const labels = z.record(z.string(), z.string().max(longest.labelValue)).meta({
  maxProperties: most.labels,
  "x-kubernetes-validations": [
    {
      rule: `self.all(key, size(key) <= ${longest.labelKey})`,
      message: `has a key that is longer than ${longest.labelKey} characters`,
    },
  ],
});

/** Between fields of a spec. */
export const acrossFields = {
  "x-kubernetes-validations": [
    {
      rule: "!has(self.addresses) || self.addresses.all(one, self.addresses.exists_one(other, other.split('/')[0] == one.split('/')[0]))",
      message: "addresses: one of them is the same address as another",
    },
    {
      rule: "!has(self.mtu) || self.mtu < 68 || self.mtu >= 1280 || !(has(self.slaac) && self.slaac) && (!has(self.addresses) || !self.addresses.exists(one, one.contains(':')))",
      message: "mtu: it is below 1280, the least that IPv6 allows (RFC 8200), and an address is IPv6",
    },
  ],
};
