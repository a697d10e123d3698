import { hostOf } from "../../base/address.ts";
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { OurRecord, Stored } from "../kubernetes/record.ts";
import { apiVersion } from "../names.ts";
import { type Membership, memberLabels } from "./membership.ts";

/** An address or a MAC that a Vnic requests on one network segment. */
export interface WantedAddress {
  readonly segment: string;
  /** An IP address without prefix length, or a MAC. */
  readonly value: string;
  /** The input that asks for it, for error messages. */
  readonly property: string;
  /** The labels of the claim. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * The Vnic that an address is reserved for: its name, and its record's UID, which a later record of that name doesn't
 * share.
 */
export interface Holder {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * An address claim: the cluster-scoped object `VnicAddress`, named by a hash of segment and value. Creating the object
 * is the claim, so the API server decides which Vnic wins (like Kubernetes' `IPAddress`, KEP-1880).
 */
export type AddressRecord = OurRecord<"VnicAddress", AddressSpec>;

interface AddressSpec {
  readonly segment: string;
  readonly value: string;
  readonly family: "IPv4" | "IPv6" | "MAC";
  readonly holder: Holder;
}

export type StoredAddress = Stored<AddressRecord>;

/** One version of an address claim. A later version may have another holder. */
export interface AddressVersion {
  readonly metadata: Pick<StoredAddress["metadata"], "name" | "uid" | "resourceVersion">;
  readonly spec: Pick<AddressSpec, "segment" | "value">;
}

/**
 * The MAC and the fixed addresses of a Vnic on each of its segments. A leased address isn't among them, since its
 * server keeps it unique. The MAC on the first segment says which network the Vnic joins.
 */
export function wantedAddressesOf(
  { mac, addresses }: { readonly mac: string; readonly addresses: readonly string[] },
  segments: readonly string[],
  membership?: Membership,
): WantedAddress[] {
  const values = [
    { value: mac, property: "mac" },
    ...addresses.map((address, index) => ({ value: hostOf(address), property: `addresses[${index}]` })),
  ];
  const [first, ...others] = segments.flatMap((segment) => values.map((each) => ({ segment, ...each })));
  if (!first) return [];
  return [membership ? { ...first, labels: memberLabels(membership) } : first, ...others];
}

/** The MAC and the addresses, without segments. */
export function valuesOf(vnic: { readonly mac: string; readonly addresses: readonly string[] }): string[] {
  return wantedAddressesOf(vnic, [""]).map(({ value }) => value);
}

/** The name of the object for a value on a segment. */
export function addressName({ segment, value }: Pick<WantedAddress, "segment" | "value">): string {
  return createHash("sha256").update(`address:${segment} ${value}`).digest("hex").slice(0, 32);
}

export function addressRecord(holding: WantedAddress, { namespace, name, uid }: Holder): AddressRecord {
  const { segment, value, labels } = holding;
  return {
    apiVersion,
    kind: "VnicAddress",
    metadata: { name: addressName(holding), ...(labels ? { labels } : {}) },
    spec: { segment, value, family: kindOf(value), holder: { namespace, name, uid } },
  };
}

function kindOf(value: string): AddressRecord["spec"]["family"] {
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(value)) return "MAC";
  return isIPv6(value) ? "IPv6" : "IPv4";
}
