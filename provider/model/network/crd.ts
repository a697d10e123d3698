import * as z from "zod";
import { customResourceDefinition } from "../kubernetes/custom-resource.ts";
import { labels } from "../schema/admission.ts";
import { longest, most } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { modes } from "./mode.ts";

const address = z.string().max(longest.address);

/** Addresses to give out, as the API server checks them. */
export const rangeSpec = z.object({
  cidr: address.describe("The subnet; its prefix length is that of every address."),
  from: address.optional().describe("The first address; the subnet's first host when absent."),
  to: address.optional().describe("The last address; the subnet's last host when absent."),
  exclude: z
    .array(z.string().max(longest.span))
    .max(most.exclusions)
    .optional()
    .describe("Addresses, spans like 192.168.50.20-192.168.50.30, or subnets that are never given out."),
});

/** A network's spec as the API server checks it; the finer rules are those of `definition.ts`, applied whenever it is read. */
export const networkSpec = z
  .object({
    mode: z.enum(modes).default("macvlan").describe("How a pod's NIC is made from a parent of its node."),
    parent: z
      .string()
      .max(longest.parent)
      .optional()
      .describe(
        "The NIC that leads to the network, on nodes that none of parents is for: name, subnet, MAC or PCI address.",
      ),
    parents: z
      .array(z.object({ nodes: labels, parent: z.string().max(longest.parent) }))
      .max(most.parents)
      .optional()
      .describe("The parent on nodes by their labels; the first that fits."),
    vlan: field.vlan.optional().describe("VLAN ID of the network on the parents."),
    mtu: field.mtu.optional().describe("In bytes, of Vnics that ask for none."),
    gateways: z.array(address).max(most.gateways).optional().describe("Routers, of Vnics that name none."),
    ranges: z
      .array(rangeSpec)
      .max(most.ranges)
      .optional()
      .describe("Addresses that Vnics may have, at most one range of each family; any when absent."),
    namespaces: z
      .array(z.string().max(longest.labelName))
      .max(most.namespaces)
      .optional()
      .describe("Whose Vnics may be on it; all when absent."),
    freeAddresses: z
      .boolean()
      .optional()
      .describe("Whether a Vnic may be given an address outside of the ranges; it may not when absent."),
    macPrefixes: z
      .array(z.string().max(longest.mac))
      .max(most.macPrefixes)
      .optional()
      .describe("What a MAC that is given may begin with, such as 02:00:5e; without, only the derived MAC is allowed."),
    freeMacs: z.boolean().optional().describe("Whether a Vnic may be given any MAC; it may not when absent."),
    allowUnprobed: z
      .boolean()
      .optional()
      .describe("Whether a Vnic may switch duplicate address detection off; it may not when absent."),
    vnicsPerNamespace: z
      .int()
      .min(0)
      .optional()
      .describe("How many Vnics one namespace may have on it; any number when absent."),
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "has(self.parent) || has(self.parents)",
        message: "parent: is missing; give it, or parents by node labels",
      },
    ],
  });

/** The CustomResourceDefinition of `VnicNetwork`: one for the cluster, as the networks outside are nobody's namespace. */
export function networkCrd() {
  return customResourceDefinition({
    kind: "VnicNetwork",
    shortNames: ["vnet", "vnets"],
    scope: "Cluster",
    spec: networkSpec,
    columns: [
      { name: "Mode", type: "string", jsonPath: ".spec.mode" },
      { name: "Parent", type: "string", jsonPath: ".spec.parent" },
      { name: "VLAN", type: "integer", jsonPath: ".spec.vlan" },
      { name: "MTU", type: "integer", jsonPath: ".spec.mtu" },
      { name: "Ranges", type: "string", jsonPath: ".spec.ranges[*].cidr" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      { name: "Parents", type: "string", jsonPath: ".spec.parents[*].parent", priority: 1 },
      { name: "Gateways", type: "string", jsonPath: ".spec.gateways", priority: 1 },
      { name: "Namespaces", type: "string", jsonPath: ".spec.namespaces", priority: 1 },
    ],
  });
}
