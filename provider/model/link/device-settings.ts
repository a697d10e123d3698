import * as z from "zod";
import { device, ipLine, type IpLine, isPlainName, number, onOff } from "./ip-line.ts";

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
  return [
    ...(live?.arp === wanted.arp ? [] : [ipLine`${on} arp ${onOff(wanted.arp)}`]),
    ...(live?.multicast === wanted.multicast ? [] : [ipLine`${on} multicast ${onOff(wanted.multicast)}`]),
    ...(live?.promisc === wanted.promisc ? [] : [ipLine`${on} promisc ${onOff(wanted.promisc)}`]),
    ...(live?.allmulticast === wanted.allmulticast ? [] : [ipLine`${on} allmulticast ${onOff(wanted.allmulticast)}`]),
    ...numbers.flatMap(([key, word]) => {
      const value = wanted[key];
      return value === undefined || live?.[key] === value ? [] : [ipLine`${on} ${word} ${number(value)}`];
    }),
    ...(wanted.group === undefined || live?.group === wanted.group
      ? []
      : [ipLine`${on} group ${device(wanted.group)}`]),
  ];
}

const numbers = [
  ["txqueuelen", ipLine`txqueuelen`],
  ["gso_max_size", ipLine`gso_max_size`],
  ["gso_max_segs", ipLine`gso_max_segs`],
  ["gro_max_size", ipLine`gro_max_size`],
] as const;
