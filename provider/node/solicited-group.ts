import ipaddr from "ipaddr.js";
import { hostOf } from "../base/address.ts";

/** The group in which hosts with an IPv6 address are asked for it, and the group's MAC (RFC 4291, 2.7.1; RFC 2464, 7). */
export function solicitedGroup(address: string): { readonly group: string; readonly mac: string } {
  const low = ipaddr.IPv6.parse(hostOf(address)).toByteArray().slice(13);
  const group = new ipaddr.IPv6([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...low]).toRFC5952String();
  return { group, mac: ["33:33:ff", ...low.map((byte) => byte.toString(16).padStart(2, "0"))].join(":") };
}
