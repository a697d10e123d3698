import { isDeepStrictEqual } from "node:util";
import { hostOf } from "../../base/address.ts";
import { VnicError } from "../../base/errors.ts";
import { parseTenantJson } from "../../base/json.ts";
import type { Interface } from "../wire/session-protocol.ts";

/*
 * The annotation in which a pod's additional NICs are listed for other programs (Kubernetes Network Custom Resource
 * Definition De-facto Standard, version 1.3, section 4.2). Its value is one JSON text with entries of several writers.
 */

export const networkStatusAnnotation = "k8s.v1.cni.cncf.io/network-status";

/** The ClusterRole of multus-dynamic-networks-controller, which unplugs NICs that are listed but that it didn't make. */
export const dynamicNetworksRole = "dynamic-networks-controller";

/** The entry of one NIC, as `NetworkStatus` of network-attachment-definition-client. */
export interface NetworkStatusEntry {
  /** `<namespace>/<name>` of the network. */
  readonly name: string;
  readonly interface: string;
  /** Addresses without prefix length. */
  readonly ips: readonly string[];
  readonly mac: string;
  /** In bytes. */
  readonly mtu: number;
  readonly dns: Readonly<Record<string, never>>;
}

/** The fields by which the entry of a NIC is recognised, whatever network it names. */
export type EntryKey = Pick<NetworkStatusEntry, "interface" | "mac">;

/** The entry of a NIC on the network with that name. */
export function entryOf(network: string, nic: Interface): NetworkStatusEntry {
  const addresses = [...nic.addresses, ...(nic.slaacAddresses ?? [])];
  const ips = [...new Set(addresses.map(hostOf))].sort();
  return { name: network, interface: nic.name, ips, mac: nic.mac, mtu: nic.mtu, dns: {} };
}

/** Whether the annotation's text has exactly that entry, and no other for the same NIC. */
export function hasEntry(text: string | undefined, entry: NetworkStatusEntry): boolean {
  const found = listIn(text)?.filter((one) => isOfNic(one, entry)) ?? [];
  return found.length === 1 && isDeepStrictEqual(found[0], entry);
}

/**
 * The annotation's text with the entry in it, and without the NIC's former entries; other entries stay. Refuses to
 * change a text that is not a list.
 */
export function withEntry(
  text: string | undefined,
  entry: NetworkStatusEntry,
  former: readonly EntryKey[] = [],
): string {
  const list = listIn(text);
  if (!list)
    throw new VnicError(
      "refused",
      "its value is not a JSON list of entries, and is left as it is; correct or remove the annotation",
    );
  if (hasEntry(text, entry) && !list.some((one) => former.some((key) => isOfNic(one, key) && !isOfNic(one, entry))))
    return text ?? "";
  return textOf([...without(list, [entry, ...former]), entry]);
}

/** The annotation's text without the entry of a NIC; undefined if nothing remains. A text that is no list stays. */
export function withoutEntry(text: string | undefined, key: EntryKey): string | undefined {
  const list = listIn(text);
  if (text === undefined || !list) return text;
  const others = without(list, [key]);
  if (others.length === list.length) return text;
  return others.length === 0 ? undefined : textOf(others);
}

/** The list in the annotation's text, which anybody who may change the pod may write. */
function listIn(text: string | undefined): readonly unknown[] | undefined {
  const list = text === undefined || text.trim() === "" ? [] : parseTenantJson(text);
  return Array.isArray(list) ? list : undefined;
}

function without(list: readonly unknown[], keys: readonly EntryKey[]): readonly unknown[] {
  return list.filter((one) => !keys.some((key) => isOfNic(one, key)));
}

function isOfNic(one: unknown, key: EntryKey): boolean {
  if (typeof one !== "object" || one === null) return false;
  const { interface: name, mac } = one as { readonly interface?: unknown; readonly mac?: unknown };
  return name === key.interface && typeof mac === "string" && mac.toLowerCase() === key.mac;
}

/** Formats the list with indentation, as other writers do. */
function textOf(list: readonly unknown[]): string {
  return JSON.stringify(list, null, 4);
}
