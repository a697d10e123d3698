import { hostOf } from "../base/address.ts";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { VnicError } from "../base/errors.ts";
import type { InjectPlan } from "../model/wire/session-protocol.ts";
import { readTable } from "./proc-net.ts";

/*
 * A NIC with an address or MAC of the node or of its router could cut the node off from its network. They are read
 * without starting a program, because they are checked for every Vnic.
 */

/** Refuses the addresses of the node and of its default gateways. */
export function refuseNodeAddresses(addresses: readonly string[]): void {
  addresses.forEach((cidr, index) => {
    const role = roleOnNode(cidr);
    if (role !== undefined) throw new VnicError("refused", `addresses[${index}]: ${role}; choose another`);
  });
}

/**
 * Refuses the MACs of the node and of its default gateways. A device may have any, because it has its own already, and
 * an ipvlan has its parent's.
 */
export function refuseNodeMac({ mac, network: { mode } }: Pick<InjectPlan, "mac" | "network">): void {
  if (mode === "host-device" || mode === "ipvlan") return;
  const own = Object.entries(networkInterfaces()).find(([, all]) => all?.some((each) => each.mac === mac));
  if (own) throw new VnicError("refused", `mac: ${mac} is the node's own, on ${own[0]}; choose another`);
  const gateways = defaultGateways();
  const gateway = neighborsIn(readTable("/proc/net/arp")).find((one) => one.mac === mac && gateways.includes(one.host));
  if (gateway)
    throw new VnicError("refused", `mac: ${mac} is that of the node's default gateway ${gateway.host}; choose another`);
}

/** The hosts in `/proc/net/arp` (proc_net(5)), with the MACs by which the node reaches them. */
export function neighborsIn(table: string): { readonly host: string; readonly mac: string }[] {
  return rows(table).flatMap(([host = "", , , mac = ""]) =>
    /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) ? [{ host, mac }] : [],
  );
}

/** Describes what an address is on the node: its own, or its default gateway's; undefined if neither. */
export function roleOnNode(cidr: string): string | undefined {
  const host = normalize(hostOf(cidr));
  const holder = Object.entries(networkInterfaces()).find(([, all]) =>
    all?.some(({ address }) => normalize(address) === host),
  );
  if (holder) return `${host} is the node's own, on ${holder[0]}`;
  return defaultGateways().includes(host) ? `${host} is the node's default gateway` : undefined;
}

function defaultGateways(): string[] {
  return [...gatewaysOfIPv4(readTable("/proc/net/route")), ...gatewaysOfIPv6(readTable("/proc/net/ipv6_route"))];
}

/**
 * The default gateways in `/proc/net/route` (proc_net(5)), where addresses are hexadecimal with the last octet first.
 */
export function gatewaysOfIPv4(table: string): string[] {
  return rows(table).flatMap(([, destination, gateway = "", , , , , mask]) =>
    destination === "00000000" && mask === "00000000" && /^[0-9A-F]{8}$/.test(gateway) && gateway !== "00000000"
      ? [octets(gateway).reverse().join(".")]
      : [],
  );
}

/** The default gateways in `/proc/net/ipv6_route`. */
export function gatewaysOfIPv6(table: string): string[] {
  return rows(table).flatMap(([destination = "", length, , , gateway = ""]) =>
    /^0{32}$/.test(destination) && length === "00" && /^[0-9a-f]{32}$/.test(gateway) && !/^0+$/.test(gateway)
      ? [ipaddr.fromByteArray(octets(gateway)).toString()]
      : [],
  );
}

function rows(table: string): string[][] {
  return table.split("\n").map((line) => line.trim().split(/\s+/));
}

function octets(hexadecimal: string): number[] {
  return [...Buffer.from(hexadecimal, "hex")];
}

function normalize(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address;
}
