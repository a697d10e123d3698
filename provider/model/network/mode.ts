import * as z from "zod";
import * as field from "../schema/fields.ts";
import { unknownValue } from "../schema/known.ts";
import { quote } from "../../base/quote.ts";

/** How the pod's NIC is made from a parent on its node. */
export const modes = ["macvlan", "macvlan-private", "bridge", "host-device", "ipvlan"] as const;
export type Mode = (typeof modes)[number];

export const mode = z.enum(modes, {
  error: ({ input }) => `${quote(input)} is not a mode; use ${modes.map((one) => `"${one}"`).join(", ")}`,
});

/** The external network on one node. */
export interface NodeNetwork {
  readonly mode: Mode;
  /** The node's NIC that leads to the network: its name or a property (see {@link field.parent}). */
  readonly parent: string;
  /** VLAN ID of the network on that NIC. */
  readonly vlan?: number | undefined;
}

/** The network in a plan for the node, where every field is resolved. */
export const nodeNetwork = z.strictObject({ mode, parent: field.parent, vlan: field.vlan.optional() });

/** Modes whose NIC is a link on its parent, which may be a VLAN link. */
export const sharingModes: readonly Mode[] = ["macvlan", "macvlan-private", "ipvlan"];

/** Whether a NIC of that mode is a link on its parent. A pod can make further links on it, which are on that parent, too. */
export function sharesParent(mode: Mode): boolean {
  return sharingModes.includes(mode);
}

/** The problem with a VLAN ID for that mode, if there is one. */
export function vlanProblem(mode: unknown, vlan: unknown): string | undefined {
  if (
    vlan === undefined ||
    vlan === unknownValue ||
    !modes.includes(mode as Mode) ||
    sharingModes.includes(mode as Mode)
  )
    return undefined;
  const instead = mode === "bridge" ? "bridge" : "device";
  return `is for the macvlan modes and ipvlan; with "${String(mode)}", name a ${instead} that is in the VLAN already`;
}

/** Whether a NIC of that mode can have its own MAC: ipvlan shares the parent's. */
export function hasOwnMac(mode: Mode): boolean {
  return mode !== "ipvlan";
}
