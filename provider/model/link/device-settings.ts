import * as z from "zod";
import { device, ipLine, type IpLine, isPlainName, mac, number, onOff } from "./ip-line.ts";

const count = z.int().min(0).max(4_294_967_295);

/**
 * Settings that a link keeps when it moves to another network namespace, named as in ip-link(8). Where `ip` doesn't
 * show one, it is missing.
 */
export const deviceSettings = z.strictObject({
  arp: z.boolean(),
  multicast: z.boolean(),
  promisc: z.boolean(),
  allmulticast: z.boolean(),
  dynamic: z.boolean().optional(),
  trailers: z.boolean().optional(),
  /** The MAC to which broadcasts are sent, such as ARP requests. */
  broadcast: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
    .optional(),
  txqueuelen: count.optional(),
  group: z.string().refine(isPlainName).optional(),
  gso_max_size: count.optional(),
  gso_max_segs: count.optional(),
  gro_max_size: count.optional(),
});

export type DeviceSettings = z.output<typeof deviceSettings>;

/** Gives a link the settings `wanted`; a setting that it has already isn't written. */
export function settingSteps(name: string, live: DeviceSettings | undefined, wanted: DeviceSettings): IpLine[] {
  const on = ipLine`link set dev ${device(name)}`;
  const isDone = (key: keyof DeviceSettings) => wanted[key] === undefined || live?.[key] === wanted[key];
  return [
    ...flags.flatMap(([key, word]) => (isDone(key) ? [] : [ipLine`${on} ${word} ${onOff(wanted[key] === true)}`])),
    ...(isDone("broadcast") ? [] : [ipLine`${on} broadcast ${mac(wanted.broadcast!)}`]),
    ...numbers.flatMap(([key, word]) => (isDone(key) ? [] : [ipLine`${on} ${word} ${number(wanted[key]!)}`])),
    ...(isDone("group") ? [] : [ipLine`${on} group ${device(wanted.group!)}`]),
  ];
}

/** The largest size that the sizes for IPv4 alone follow, in bytes. */
const followed = 65_536;
/** The kernel refuses sizes of some hundred bytes. */
const leastChanged = 4096;

/**
 * Restores the sizes for IPv4 alone (`gso_ipv4_max_size`, `gro_ipv4_max_size`), which a kernel since 6.3 has, and which the
 * `ip` of our image neither shows nor sets. They follow each change of the sizes for all protocols up to 64 KiB.
 */
export function ipv4SizeSteps(name: string, wanted: DeviceSettings): IpLine[] {
  const on = ipLine`link set dev ${device(name)}`;
  return numbers.flatMap(([key, word]) => {
    const size = key === "gso_max_size" || key === "gro_max_size" ? (wanted[key] ?? 0) : 0;
    if (size < leastChanged) return [];
    const most = Math.min(size, followed);
    const values = size > most ? [most - 1, most, size] : [most - 1, most];
    return values.map((value) => ipLine`${on} ${word} ${number(value)}`);
  });
}

const flags = [
  ["arp", ipLine`arp`],
  ["multicast", ipLine`multicast`],
  ["promisc", ipLine`promisc`],
  ["allmulticast", ipLine`allmulticast`],
  ["dynamic", ipLine`dynamic`],
  ["trailers", ipLine`trailers`],
] as const;
const numbers = [
  ["txqueuelen", ipLine`txqueuelen`],
  ["gso_max_size", ipLine`gso_max_size`],
  ["gso_max_segs", ipLine`gso_max_segs`],
  ["gro_max_size", ipLine`gro_max_size`],
] as const;
