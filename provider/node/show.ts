import type { ObservePlan, ShowResult } from "../model/wire/session-protocol.ts";
import { interfaceOf, ownLink, readLinks } from "./link.ts";
import { netnsPath, runIn } from "./netns.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox } from "./sandbox.ts";

type Counters = NonNullable<NonNullable<ShowResult["link"]>["counters"]>;

/** What the node has of a Vnic: its resource file, and the NIC in the pod with its counters. */
export async function show({ vnic, pod }: ObservePlan): Promise<ShowResult> {
  const { netns } = await findSandbox(pod);
  const [file, json] = await Promise.all([
    readResourceFile(vnic.uid),
    runIn({ path: netnsPath(netns) }, "ip", ["-j", "-d", "-s", "address", "show"]),
  ]);
  const link = ownLink(readLinks(json), vnic.uid);
  const counters = link && countersOf(json, link.name);
  return {
    ...(file ? { file } : {}),
    ...(link ? { link: { ...interfaceOf(link), ...(counters ? { counters } : {}) } } : {}),
  };
}

function countersOf(json: string, name: string): Counters | undefined {
  const rows = JSON.parse(json) as { ifname?: string; stats64?: Counters }[];
  const stats = rows.find(({ ifname }) => ifname === name)?.stats64;
  if (!stats) return undefined;
  const take = ({ bytes, packets, errors, dropped }: Counters["rx"]) => ({ bytes, packets, errors, dropped });
  return { rx: take(stats.rx), tx: take(stats.tx) };
}
