import * as z from "zod";
import * as field from "../fields.ts";
import { group, version } from "../names.ts";
import { structuralSpec } from "../structural-schema.ts";
import { modes } from "./mode.ts";

const range = z.object({
  cidr: z.string().describe("The subnet; its prefix length is that of every address."),
  from: z.string().optional().describe("The first address; the subnet's first host when absent."),
  to: z.string().optional().describe("The last address; the subnet's last host when absent."),
  exclude: z.array(z.string()).optional().describe("Never given out: addresses, spans, subnets."),
});

/** A network's spec as the API server checks it; the finer rules are those of `definition.ts`, applied whenever it is read. */
export const networkSpec = z
  .object({
    mode: z.enum(modes).default("macvlan").describe("How a pod's NIC is made from a parent of its node."),
    parent: z
      .string()
      .optional()
      .describe(
        "The NIC that leads to the network, on nodes that none of parents is for: name, subnet, MAC or PCI address.",
      ),
    parents: z
      .array(z.object({ nodes: z.record(z.string(), z.string()), parent: z.string() }))
      .optional()
      .describe("The parent on nodes by their labels; the first that fits."),
    vlan: field.vlan.optional().describe("VLAN ID of the network on the parents."),
    mtu: field.mtu.optional().describe("In bytes, of Vnics that ask for none."),
    gateways: z.array(z.string()).optional().describe("Routers, of Vnics that name none."),
    ranges: z.array(range).optional().describe("Addresses that may be given out, at most one range of each family."),
    namespaces: z.array(z.string()).optional().describe("Whose Vnics may be on it; all when absent."),
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
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `vnicnetworks.${group}` },
    spec: {
      group,
      scope: "Cluster",
      names: {
        kind: "VnicNetwork",
        listKind: "VnicNetworkList",
        plural: "vnicnetworks",
        singular: "vnicnetwork",
        shortNames: ["vnet", "vnets"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: "object", required: ["spec"], properties: { spec: structuralSpec(networkSpec) } },
          },
          additionalPrinterColumns: [
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
        },
      ],
    },
  };
}
