import * as z from "zod";
import { list, maxItems } from "../schema/bounds.ts";
import { descriptions, type Fields } from "../schema/field.ts";
import * as rule from "../schema/fields.ts";
import { known } from "../schema/known.ts";
import { addressRange } from "../schema/range.ts";
import { gateways } from "../schema/route-fields.ts";
import { cluster, declaredBy } from "../schema/shared-fields.ts";
import { mode } from "./mode.ts";
import { placement } from "./placement.ts";

/* The fields of a Network. Everything else about the fields is derived from this table; see schema/field.ts. */

const nodeParent = z.strictObject({
  nodes: known(rule.labels).register(descriptions, { doc: "Labels of the nodes" }),
  parent: known(rule.parent).register(descriptions, { doc: "The NIC of these nodes that leads to the network" }),
});

/** The fields of an external network, without its name. */
export const networkFields = {
  mode: {
    schema: known(mode).default("macvlan"),
    change: "update",
    spec: true,
    doc: "How a pod's NIC is made from the parent: one of the [modes](networks-and-modes.md#modes)",
    default: "`macvlan`",
  },
  parent: {
    schema: known(rule.parent).optional(),
    change: "update",
    spec: true,
    doc: "The node's NIC that leads to the network: its name, a subnet that it has an address in, its MAC, or its PCI address",
    default: "none: `parents` has one for each node",
  },
  parents: {
    schema: known(list(known(nodeParent), maxItems.parents)).optional(),
    change: "update",
    spec: true,
    doc: "Parents by node labels; the first entry whose labels match wins",
    default: "none",
  },
  vlan: {
    schema: known(rule.vlan).optional(),
    change: "update",
    spec: true,
    doc: "VLAN ID of the network on the parent",
    default: "untagged",
  },
  mtu: {
    schema: known(rule.mtu).optional(),
    change: "update",
    spec: true,
    doc: "MTU of Vnics that don't set `mtu`, in bytes",
    default: "the parent's",
  },
  placement: {
    schema: known(placement).optional(),
    change: "update",
    spec: true,
    doc: "[Placement](networks-and-modes.md#placement) of Vnics that don't set `placement`: `moved` or `direct`",
    default: "`moved`",
  },
  gateways: {
    schema: known(gateways).optional(),
    change: "update",
    spec: true,
    doc: "Gateways of Vnics that don't set `gateways`, at most one of each address family",
    default: "none",
  },
  ranges: {
    schema: known(list(known(addressRange), maxItems.ranges)).optional(),
    change: "update",
    spec: true,
    doc: "Ranges of the addresses that Vnics may have, and that [VnicSets](vnic-set.md) allocate from; at most one range of each address family. Excluded addresses aren't given to any Vnic",
    default: "any",
  },
  namespaces: {
    schema: known(list(known(rule.labelName), maxItems.namespaces)).optional(),
    change: "update",
    spec: true,
    doc: "Namespaces that may use the network",
    default: "all",
  },
  freeAddresses: {
    schema: known(z.boolean()).optional(),
    change: "update",
    spec: true,
    doc: "Whether a Vnic may have an address outside of `ranges`",
    default: "`false`",
  },
  macPrefixes: {
    schema: known(list(known(rule.macPrefix), maxItems.macPrefixes)).optional(),
    change: "update",
    spec: true,
    doc: "Allowed prefixes of a MAC that a Vnic sets, in whole octets, like `02:00:5e`",
    default: "none: derived MACs only",
  },
  freeMacs: {
    schema: known(z.boolean()).optional(),
    change: "update",
    spec: true,
    doc: "Whether a Vnic may set any MAC",
    default: "`false`",
  },
  allowUnprobed: {
    schema: known(z.boolean()).optional(),
    change: "update",
    spec: true,
    doc: "Whether a Vnic may switch `duplicateAddressDetection` off",
    default: "`false`",
  },
  networkStatus: {
    schema: known(z.boolean()).optional(),
    change: "update",
    spec: true,
    doc: "Whether pods list its Vnics in their annotation [network-status](networks-and-modes.md#network-status)",
    default: "`false`",
  },
  vnicsPerNamespace: {
    schema: known(rule.vnicCount).optional(),
    change: "update",
    spec: true,
    doc: "How many Vnics one namespace may have on the network",
    default: "any number",
  },
} as const satisfies Fields;

/** The fields of the resource: a network and its name. */
export const networkResourceFields = {
  name: {
    schema: known(rule.labelName),
    change: "replace",
    spec: false,
    doc: "Name of the record",
    default: "the resource's name",
  },
  ...networkFields,
  cluster,
  declaredBy,
} as const satisfies Fields;
