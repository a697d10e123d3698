import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { longest, map, most, text } from "./bounds.ts";
import { subnet } from "./range.ts";
import { quote } from "../../base/quote.ts";

/* The leaves of every schema: each gives the value, the rule it breaks, and how to write it. */

/** A Kubernetes namespace or record name (RFC 1123 label, at most 63 characters). */
export const labelName = z
  .string()
  .max(longest.labelName, { error: notLabelName, abort: true })
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, { error: notLabelName });

function notLabelName({ input }: { input?: unknown }): string {
  return `${quote(input)} is not a Kubernetes name: use at most ${longest.labelName} of a-z, 0-9 and "-"`;
}

/** A Kubernetes object name (RFC 1123 subdomain, at most 253 characters). */
export const objectName = text(longest.objectName, "a Kubernetes name").regex(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  {
    error: ({ input }) => `${quote(input)} is not a Kubernetes name: use a-z, 0-9, "-" and "."`,
  },
);

const macForm = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const pciForm = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/**
 * What names the node's NIC: its name, which is any that the kernel's tools would make but nothing that could be read as an
 * option or a path; or what it has, as names differ from node to node: a subnet that it has an address in, its MAC, or its
 * PCI address. The forms can't be confused, as no name here has "/" or ":".
 */
export const parent = text(longest.parent, "what names a node's NIC").transform((text, context) => {
  const lower = text.toLowerCase();
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,14}$/.test(text)) return text;
  if (macForm.test(lower) || pciForm.test(lower)) return lower;
  const network = subnet.safeParse(text);
  if (network.success) return network.data;
  context.addIssue({
    code: "custom",
    message: `${quote(text)} is not an interface name: use 1 to 15 letters, digits, ".", "_" or "-", as "ip link" on the node shows it; or give a subnet of the NIC like "192.168.50.0/24", its MAC, or its PCI address like "0000:03:00.0"`,
  });
  return z.NEVER;
});

/** Which form a {@link parent} has. */
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

/** The first octets of a MAC, one to five. */
export const macPrefix = text(longest.mac, "the beginning of a MAC address").transform((text, context) => {
  const prefix = text.toLowerCase().replaceAll("-", ":");
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){0,4}$/.test(prefix)) return prefix;
  context.addIssue({
    code: "custom",
    message: `${quote(text)} is not the beginning of a MAC address; write one to five octets, like "02:00:5e"`,
  });
  return z.NEVER;
});

/** How many Vnics there may be. */
export const vnicCount = z
  .int({ error: ({ input }) => `${quote(input)} is not a number of Vnics; use a whole number` })
  .min(0, { error: ({ input }) => `${String(input)} is not a number of Vnics; use 0 or more` });

const reservedInterfaces = new Set(["lo", "eth0", "all", "default"]);

/** The name of the NIC inside the pod. Stricter than the kernel: it becomes a word of an `ip -batch` line, too. */
export const interfaceName = z
  .string()
  .max(15, { error: ({ input }) => `${quote(input)} is longer than the kernel's 15 characters (IFNAMSIZ)` })
  .regex(/^[a-z][a-z0-9._-]*$/, {
    error: ({ input }) =>
      `${quote(input)} is not an interface name: begin with a-z, then use a-z, 0-9, ".", "_" or "-"`,
  })
  .refine((name) => !reservedInterfaces.has(name), {
    error: ({ input }) => `${quote(input)} is reserved in every pod; choose another, like "net1"`,
  });

/** A unicast MAC, brought to lower case with colons. */
export const mac = text(longest.mac, "a MAC address")
  .transform((text) => text.toLowerCase().replaceAll("-", ":"))
  .superRefine((text, context) => {
    const complain = (rule: string) => context.addIssue({ code: "custom", message: `${quote(text)} ${rule}` });
    if (!macForm.test(text)) return complain(`is not a MAC address; write it like "02:00:5e:10:00:01"`);
    if (text === "00:00:00:00:00:00") return complain("is the zero MAC address, which no NIC may have");
    if (text === "ff:ff:ff:ff:ff:ff") return complain("is the broadcast MAC address, which no NIC may have");
    if (parseInt(text.slice(0, 2), 16) & 1)
      return complain("is a multicast MAC address; the lowest bit of the first octet must be 0");
    return undefined;
  });

/** Bytes. The floor is IPv4's (RFC 791), the ceiling the kernel's; the parent's own MTU is checked on the node. */
export const mtu = z
  .int({ error: ({ input }) => `${quote(input)} is not a whole number of bytes` })
  .min(68, { error: ({ input }) => `${String(input)} is below 68, the least that IPv4 allows (RFC 791)` })
  .max(65535, { error: ({ input }) => `${String(input)} is above 65535, the most that an IP packet can have` });

/** Labels as Kubernetes takes them: keys with an optional prefix, values of at most 63 characters. */
export const labels = map(
  text(longest.labelKey, "a label key").regex(
    /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    {
      error: ({ input }) => `${quote(input)} is not a label key: use letters, digits, "-", "_" and "."`,
    },
  ),
  text(longest.labelValue, "a label value").regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, {
    error: ({ input }) => `${quote(input)} is not a label value: use at most 63 letters, digits, "-", "_" and "."`,
  }),
  most.labels,
);

/** What a deletion does while the pod still runs. */
export const deletionPolicy = z.enum(["detach", "waitForPod"], {
  error: ({ input }) =>
    `${quote(input)} is not a deletion policy; use "detach" to unplug the NIC from the running pod, or "waitForPod"`,
});

/** A name to give a DHCP server (RFC 1123): labels with dots between them. */
export const hostname = text(longest.hostname, "a host name").regex(
  /^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*$/,
  {
    error: ({ input }) => `${quote(input)} is not a host name: use letters, digits, "-" and ".", like "db-0"`,
  },
);

/** How long an operation may take, in seconds. */
export const deadlineSeconds = z
  .number({ error: ({ input }) => `${quote(input)} is not a number of seconds` })
  .min(1, { error: ({ input }) => `${String(input)} is below 1 second` })
  .max(86400, { error: ({ input }) => `${String(input)} is above 86400 seconds, one day` });

/** A host address with its prefix length, brought to canonical form (RFC 5952 for IPv6). */
export const hostCidr = text(longest.address, "a CIDR address").transform((text, context) => {
  const complain = (rule: string) => {
    context.addIssue({ code: "custom", message: `${quote(text)} ${rule}` });
    return z.NEVER;
  };
  const [host = "", prefixText = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefixText) || !(isIPv4(host) || isIPv6(host)) || host.includes("%"))
    return complain(`is not a CIDR address; write it like "192.168.50.10/24" or "fd50::10/64"`);
  const address = ipaddr.parse(host);
  const bits = address.kind() === "ipv4" ? 32 : 128;
  const prefix = Number(prefixText);
  if (prefix < 1 || prefix > bits) return complain(`has a prefix length outside 1 to ${bits}`);
  const range = address.range();
  if (range === "unspecified") return complain("is the unspecified address; give a host address");
  if (range === "loopback") return complain("is a loopback address; give one of the external network");
  if (range === "multicast") return complain("is a multicast address; give a host address");
  if (range === "broadcast") return complain("is the broadcast address; give a host address");
  if (range === "linkLocal" && address.kind() === "ipv6")
    return complain(
      "is a link-local address, which the kernel gives every NIC by itself; give one of the external network",
    );
  if (range === "ipv4Mapped") return complain("is an IPv4-mapped IPv6 address; write the IPv4 address itself");
  const canonical = `${address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()}/${prefix}`;
  // A network of one or two addresses has neither (RFC 3021, RFC 6164).
  if (prefix < bits - 1) {
    if (address.toString() === networkAddress(canonical))
      return complain(`is the network address of its own /${prefix}; give a host address`);
    if (address.kind() === "ipv4" && address.toString() === ipaddr.IPv4.broadcastAddressFromCIDR(canonical).toString())
      return complain(`is the broadcast address of its own /${prefix}; give a host address`);
  }
  return canonical;
});

function networkAddress(cidr: string): string {
  const family = cidr.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4;
  return family.networkAddressFromCIDR(cidr).toString();
}
