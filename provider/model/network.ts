import * as z from "zod";
import * as field from "./fields.ts";
import { known } from "./known.ts";
import type { Problem } from "./problem.ts";

/** How the pod's NIC is made from a parent of its node. */
export const modes = ["macvlan", "macvlan-private", "bridge", "host-device", "ipvlan"] as const;
export type Mode = (typeof modes)[number];

export const mode = z.enum(modes, {
  error: ({ input }) => `${JSON.stringify(input)} is not a mode; use ${modes.map((one) => `"${one}"`).join(", ")}`,
});

/** The external network as one node sees it. */
export interface NodeNetwork {
  readonly mode: Mode;
  /** The node's NIC that leads there: by name, or by what it has (see {@link field.parent}). */
  readonly parent: string;
  /** VLAN ID of the network on that NIC. */
  readonly vlan?: number | undefined;
}

/** {@link NodeNetwork} as a user writes it. */
export const inlineNetwork = z.strictObject({
  mode: known(mode).default("macvlan"),
  parent: known(field.parent),
  vlan: known(field.vlan).optional(),
});

/** The same on its way to the node, where everything is known. */
export const nodeNetwork = z.strictObject({ mode, parent: field.parent, vlan: field.vlan.optional() });

/** Modes whose NIC can hang on a tagged link of the parent. */
const tagged: readonly unknown[] = ["macvlan", "macvlan-private", "ipvlan"];

/** Rules between the fields of a network, on the raw inputs. */
export function networkProblems(network: unknown): Problem[] {
  if (typeof network !== "object" || network === null) return [];
  const { mode = "macvlan", vlan } = network as { mode?: unknown; vlan?: unknown };
  if (vlan === undefined || !modes.includes(mode as Mode) || tagged.includes(mode)) return [];
  return [
    {
      property: "network.vlan",
      reason: `is for the macvlan modes and ipvlan; with "${String(mode)}", name a ${mode === "bridge" ? "bridge" : "device"} that is in the VLAN already`,
    },
  ];
}

/** What a NIC of that mode can't be told: ipvlan shares the parent's MAC. */
export function hasOwnMac(mode: Mode): boolean {
  return mode !== "ipvlan";
}

/** The network in a few words, for people. */
export function networkWords({ mode = "macvlan", parent = "", vlan }: Partial<NodeNetwork>): string {
  return `${parent}${vlan === undefined ? "" : `, VLAN ${vlan}`} (${mode})`;
}

/** What tells one network segment from another, as far as inputs show it: the same for Vnics that must not share an address. */
export function segmentOf({ parent, vlan }: NodeNetwork): string {
  return vlan === undefined ? parent : `${parent}.${vlan}`;
}
