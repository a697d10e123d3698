import * as z from "zod";
import { maxLength, text } from "./bounds.ts";
import { subnet, subnetInCel } from "./range.ts";
import { admitted, matches, type Rule, ruled } from "./rule.ts";
import { quote } from "../../base/quote.ts";

/* Schemas of single values. Errors give the value, the rule that it breaks, and the expected form. */

/** A Kubernetes namespace or record name (RFC 1123 label, at most 63 characters). */
export const labelName = z
  .string()
  .max(maxLength.labelName, { error: notLabelName, abort: true })
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, { error: notLabelName });

function notLabelName({ input }: { input?: unknown }): string {
  return `${quote(input)} is not a Kubernetes name: use at most ${maxLength.labelName} of a-z, 0-9 and "-"`;
}

const objectNameRules = [
  matches(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    `is not a Kubernetes name: use a-z, 0-9, "-" and "."`,
  ),
];

/** A Kubernetes object name (RFC 1123 subdomain, at most 253 characters). */
export const objectName = ruled(text(maxLength.objectName, "a Kubernetes name"), objectNameRules).meta(
  admitted(maxLength.objectName, objectNameRules),
);

const nameForm = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}$/;
const macForm = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const pciForm = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}[.][0-7]$/;

const parentRule = {
  words: `is not an interface name: use 1 to 15 letters, digits, ".", "_" or "-", as "ip link" on the node shows it; or give a subnet of the NIC like "192.168.50.0/24", its MAC, or its PCI address like "0000:03:00.0"`,
  cel: `self.matches('${nameForm.source}') || [self.lowerAscii()].exists(t, t.matches('${macForm.source}') || t.matches('${pciForm.source}')) || ${subnetInCel}`,
};

/**
 * The node's NIC, by name or by a property, because names may differ between nodes: a subnet in which it has an
 * address, its MAC, or its PCI address. A name is any that common tools accept, but nothing that could be mistaken for
 * an option or a path. The forms can't be confused, because names contain no "/" or ":".
 */
export const parent = text(maxLength.parent, "what names a node's NIC")
  .transform((text, context) => {
    const lower = text.toLowerCase();
    if (nameForm.test(text)) return text;
    if (macForm.test(lower) || pciForm.test(lower)) return lower;
    const network = subnet.safeParse(text);
    if (network.success) return network.data;
    context.addIssue({ code: "custom", message: `${quote(text)} ${parentRule.words}` });
    return z.NEVER;
  })
  .meta(admitted(maxLength.parent, [parentRule]));

/** The form of a {@link parent}. */
export function parentForm(text: string): "name" | "subnet" | "mac" | "pci" {
  if (text.includes("/")) return "subnet";
  if (macForm.test(text)) return "mac";
  return text.includes(":") ? "pci" : "name";
}

/** A VLAN ID (IEEE 802.1Q). */
export const vlan = z
  .int({ error: ({ input }) => `${quote(input)} is not a VLAN ID; use 1 to 4094` })
  .min(1, { error: ({ input }) => `${String(input)} is not a VLAN ID; use 1 to 4094` })
  .max(4094, { error: ({ input }) => `${String(input)} is not a VLAN ID; use 1 to 4094` });

const macPrefixRules = [
  matches(
    /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){0,4}$/,
    `is not the beginning of a MAC address; write one to five octets, like "02:00:5e"`,
  ),
];

/** The first one to five octets of a MAC. */
export const macPrefix = ruled(text(maxLength.mac, "the beginning of a MAC address"), macPrefixRules)
  .transform((given) => given.toLowerCase().replaceAll("-", ":"))
  .meta(admitted(maxLength.mac, macPrefixRules));

const [tooFew, tooMany] = [
  "is not a number of Vnics; use 0 or more",
  "is more than 1000000; leave it out for any number",
];

/** A maximum number of Vnics. */
export const vnicCount = z
  .int({ error: ({ input }) => `${quote(input)} is not a number of Vnics; use a whole number` })
  .min(0, { error: ({ input }) => `${String(input)} ${tooFew}` })
  .max(1_000_000, { error: ({ input }) => `${String(input)} ${tooMany}` })
  .meta({
    "x-kubernetes-validations": [
      { rule: "self >= 0", message: tooFew },
      { rule: "self <= 1000000", message: tooMany },
    ],
  });

const reservedInterfaces = ["lo", "eth0", "all", "default"];

const interfaceNameRules: Rule[] = [
  {
    words: "is longer than the kernel's 15 characters (IFNAMSIZ)",
    holds: (name) => name.length <= 15,
    cel: "size(self) <= 15",
  },
  matches(/^[a-z][a-z0-9._-]*$/, `is not an interface name: begin with a-z, then use a-z, 0-9, ".", "_" or "-"`),
  {
    words: `is reserved in every pod; choose another, like "net1"`,
    holds: (name) => !reservedInterfaces.includes(name),
    cel: `!(self in [${reservedInterfaces.map((name) => `'${name}'`).join(", ")}])`,
  },
];

/** The name of the NIC inside the pod. Stricter than the kernel's rule, because it is used in lines for `ip -batch`. */
export const interfaceName = ruled(z.string(), interfaceNameRules).meta(admitted(63, interfaceNameRules));

const macPattern = /^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/;
const isMac = matches(macPattern, `is not a MAC address; write it like "02:00:5e:10:00:01"`);

const macRules: Rule[] = [
  isMac,
  {
    words: "is the zero MAC address, which no NIC may have",
    holds: (mac) => !/^(00[:-]){5}00$/.test(mac),
    cel: "!self.matches('^(00[:-]){5}00$')",
  },
  {
    words: "is the broadcast MAC address, which no NIC may have",
    holds: (mac) => !/^([fF]{2}[:-]){5}[fF]{2}$/.test(mac),
    cel: "!self.matches('^([fF]{2}[:-]){5}[fF]{2}$')",
  },
  {
    words: "is a multicast MAC address; the lowest bit of the first octet must be 0",
    holds: (mac) => (parseInt(mac.slice(0, 2), 16) & 1) === 0,
    cel: `!${isMac.cel} || self.matches('^[0-9a-fA-F][02468aceACE]') || self.matches('^[fF]{2}([:-][fF]{2}){5}$')`,
  },
];

/** A unicast MAC, converted to lower case with colons. */
export const mac = ruled(text(maxLength.mac, "a MAC address"), macRules)
  .transform((given) => given.toLowerCase().replaceAll("-", ":"))
  .meta(admitted(maxLength.mac, macRules));

/** In bytes. The minimum is IPv4's (RFC 791), the maximum the kernel's. The parent's own MTU is checked on the node. */
export const mtu = z
  .int({ error: ({ input }) => `${quote(input)} is not a whole number of bytes` })
  .min(68, { error: ({ input }) => `${String(input)} is below 68, the minimum of IPv4 (RFC 791)` })
  .max(65535, { error: ({ input }) => `${String(input)} is above 65535, the maximum of an IP packet` });

const policyRule = {
  words: `is not a deletion policy; use "detach" to unplug the NIC from the running pod, or "waitForPod"`,
  cel: "self in ['detach', 'waitForPod']",
};

/** The behaviour of a deletion while the pod is still running. */
export const deletionPolicy = z
  .enum(["detach", "waitForPod"], { error: ({ input }) => `${quote(input)} ${policyRule.words}` })
  .meta(admitted(63, [policyRule]));

/** A hostname for a DHCP server (RFC 1123): labels separated by dots. */
export const hostname = text(maxLength.hostname, "a host name").regex(
  /^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*$/,
  {
    error: ({ input }) => `${quote(input)} is not a host name: use letters, digits, "-" and ".", like "db-0"`,
  },
);

/** The deadline of an operation, in seconds. */
export const deadlineSeconds = z
  .number({ error: ({ input }) => `${quote(input)} is not a number of seconds` })
  .min(1, { error: ({ input }) => `${String(input)} is below 1 second` })
  .max(86400, { error: ({ input }) => `${String(input)} is above 86400 seconds, one day` });

export { hostCidr, storedCidr } from "./host-cidr.ts";
export { labels, recordLabels } from "./labels.ts";
