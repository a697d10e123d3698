import type { ObservePlan, ShowResult } from "../model/wire/session-protocol.ts";
import { interfaceOf, parseRows, readLinks } from "./link.ts";
import { netnsPath, runIn } from "./netns.ts";
import { ownLink, signOf } from "./own-link.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox, isSamePlace } from "./sandbox.ts";

type Counters = NonNullable<NonNullable<ShowResult["link"]>["counters"]>;

/** Reads what the node has of a Vnic: its resource file, and the NIC in the pod with its counters. */
export async function show({ vnic, pod }: ObservePlan): Promise<ShowResult> {
  const association = await findSandbox(pod);
  const [file, json] = await Promise.all([
    readResourceFile(vnic.uid),
    runIn({ path: netnsPath(association.netns) }, "ip", ["-j", "-d", "-s", "address", "show"]),
  ]);
  const known = file && isSamePlace(file.association, association) ? file : undefined;
  const link = ownLink(readLinks(json), vnic.uid, signOf(known, association));
  const counters = link && countersOf(json, link.name);
  return {
    ...(file ? { file } : {}),
    ...(link ? { link: { ...interfaceOf(link), ...(counters ? { counters } : {}) } } : {}),
  };
}

function countersOf(json: string, name: string): Counters | undefined {
  const rows = parseRows<{ ifname?: string; stats64?: Counters }>(json);
  const stats = rows.find(({ ifname }) => ifname === name)?.stats64;
  if (!stats) return undefined;
  const take = ({ bytes, packets, errors, dropped }: Counters["rx"]) => ({ bytes, packets, errors, dropped });
  return { rx: take(stats.rx), tx: take(stats.tx) };
}
