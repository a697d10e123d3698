import type { Former } from "../model/wire/resource-file.ts";
import { readTable } from "./proc-net.ts";
import { setSysctls } from "./sysctl.ts";

/*
 * The kernel's settings of a device that say what the node takes from its network (Documentation/networking/ip-sysctl.rst).
 * The kernel forgets them when the device moves to a pod.
 */

const keys = {
  ipv4: [
    ...["accept_redirects", "accept_source_route", "arp_announce", "arp_filter", "arp_ignore", "forwarding"],
    ...["proxy_arp", "rp_filter", "send_redirects"],
  ],
  ipv6: [
    ...["accept_ra", "accept_ra_defrtr", "accept_ra_pinfo", "accept_redirects", "accept_source_route", "autoconf"],
    ...["disable_ipv6", "forwarding", "proxy_ndp"],
  ],
} as const;

/** The former state of a device on the node, with the settings in which it differs from a new link. */
export function withSysctls(former: Former): Former {
  const sysctls = Object.entries(keys).flatMap(([family, its]) =>
    its.flatMap((key) => {
      const valueFor = (device: string) => readTable(`/proc/sys/net/${family}/conf/${device}/${key}`).trim();
      const value = valueFor(former.name);
      return /^-?\d{1,10}$/.test(value) && value !== valueFor("default") ? [`${family}/${key}=${value}`] : [];
    }),
  );
  return sysctls.length > 0 ? { ...former, sysctls } : former;
}

/** Makes the former settings of a device that has its former name again. */
export async function restoreSysctls({ name, sysctls = [] }: Former): Promise<void> {
  const settings = sysctls.map((setting) => `net/${setting.replace("/", `/conf/${name}/`)}`);
  if (settings.length > 0) await setSysctls("node", settings);
}
