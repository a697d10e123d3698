import type { ObservePlan, ShowResult } from "../model/wire/session-protocol.ts";
import { interfaceOf, type IpAddressRow, ipRows, linksOf } from "./link.ts";
import { netnsPath } from "./netns.ts";
import { ownLink, knownLinkOf } from "./own-link.ts";
import { readResourceFile } from "./resource-file.ts";
import { findSandbox, isSameNetns } from "./sandbox.ts";

/** A row of `ip -s`. */
interface CountedRow extends IpAddressRow {
  readonly stats64?: Counters;
}

type Counters = NonNullable<NonNullable<ShowResult["link"]>["counters"]>;

/** Reads what the node has of a Vnic: its resource file, and the NIC in the pod with its counters. */
export async function show({ vnic, pod }: ObservePlan): Promise<ShowResult> {
  const association = await findSandbox(pod);
  const [file, rows] = await Promise.all([
    readResourceFile(vnic.uid),
    ipRows<CountedRow>({ path: netnsPath(association.netns) }, ["-j", "-d", "-s", "address", "show"]),
  ]);
  const known = file && isSameNetns(file.association, association) ? file : undefined;
  const link = ownLink(linksOf(rows), vnic.uid, knownLinkOf(known, association));
  const counters = link && countersOf(rows, link.name);
  return {
    ...(file ? { file } : {}),
    ...(link ? { link: { ...interfaceOf(link), ...(counters ? { counters } : {}) } } : {}),
  };
}

function countersOf(rows: readonly CountedRow[], name: string): Counters | undefined {
  const stats = rows.find(({ ifname }) => ifname === name)?.stats64;
  if (!stats) return undefined;
  const take = ({ bytes, packets, errors, dropped }: Counters["rx"]) => ({ bytes, packets, errors, dropped });
  return { rx: take(stats.rx), tx: take(stats.tx) };
}
