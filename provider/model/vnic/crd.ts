import * as z from "zod";
import * as admission from "../schema/admission.ts";
import { customResourceDefinition } from "../kubernetes/custom-resource.ts";
import { longest, most } from "../schema/bounds.ts";
import * as field from "../schema/fields.ts";
import { lease } from "../lease/lease.ts";
import { mostLeasedRoutes } from "../lease/routes.ts";
import { modes } from "../network/mode.ts";
import { injectResult } from "../wire/session-protocol.ts";
import { condition } from "../kubernetes/structural-schema.ts";

const address = z.string().max(longest.address);

/** The record's spec as the API server checks it. */
export const vnicSpec = z
  .object({
    pod: z.object({ name: admission.objectName }).describe("The pod, of this record's own namespace."),
    network: z
      .object({
        name: field.labelName.optional().describe("Name of a VnicNetwork, which says all the rest."),
        networkAttachmentDefinition: z
          .string()
          .max(longest.attachment)
          .optional()
          .describe("Name of a NetworkAttachmentDefinition of the namespace, or namespace/name."),
        mode: z.enum(modes).optional().describe("How the NIC is made from the parent; macvlan when absent."),
        parent: z
          .string()
          .max(longest.parent)
          .optional()
          .describe(
            "The node's NIC that leads to the external network: its name, a subnet of it, its MAC or PCI address.",
          ),
        vlan: field.vlan.optional().describe("VLAN ID of the network on the parent."),
      })
      .describe("The external network: by name, or as the node sees it.")
      .meta({
        "x-kubernetes-validations": [
          {
            rule: "[has(self.name), has(self.networkAttachmentDefinition), has(self.parent)].filter(given, given).size() == 1",
            message: "give one of name, networkAttachmentDefinition and parent",
          },
        ],
      }),
    addresses: admission.addresses
      .optional()
      .describe(
        "Host addresses with prefix length, IPv4 or IPv6; without any, and without slaac, a DHCP server gives one.",
      ),
    dhcp: z
      .object({
        hostname: field.hostname.optional().describe("A name to give to the DHCP server."),
        routes: z
          .boolean()
          .optional()
          .describe("Takes the server's routes, and with defaultRoute its router; it doesn't when absent."),
      })
      .optional()
      .describe("Asks a DHCP server for an address, beside those given."),
    slaac: z
      .boolean()
      .optional()
      .describe("Takes the IPv6 addresses that routers announce, and nothing else of theirs; it doesn't when absent."),
    mac: admission.mac.optional().describe("Unicast MAC address; derived from namespace and name when absent."),
    interfaceName: admission.interfaceName
      .optional()
      .describe("The NIC's name in the pod; derived from namespace and name when absent."),
    mtu: field.mtu.optional().describe("In bytes; the parent's when absent."),
    duplicateAddressDetection: z
      .boolean()
      .optional()
      .describe("Whether to ask, before an address is used, who else has it; it is when absent."),
    routes: z
      .array(
        z.object({
          to: address,
          via: address.optional(),
          metric: z
            .int()
            .min(0)
            .max(2 ** 32 - 1)
            .optional(),
          table: z
            .int()
            .min(1)
            .max(2 ** 30 - 1)
            .optional(),
        }),
      )
      .max(most.routes)
      .optional()
      .describe("Routes by the NIC, beside those of its addresses' own networks."),
    gateways: z
      .array(address)
      .max(most.gateways)
      .optional()
      .describe("Routers on the network, at most one of each address family."),
    replyVia: z.enum(["vnic", "pod"]).optional().describe("By what replies leave: vnic when absent, with gateways."),
    defaultRoute: z
      .object({ except: z.array(address).max(most.exceptions).describe("The cluster's own networks.") })
      .optional()
      .describe("Sends the rest of the pod's traffic to the gateways."),
    deletionPolicy: admission.deletionPolicy
      .optional()
      .describe(
        "What a deletion does while the pod still runs: unplug the NIC (detach, the default), or wait for its end.",
      ),
  })
  .meta(admission.acrossFields);

const name = z.string().max(longest.objectName);

const status = z.object({
  node: name.optional().describe("The node on which the Vnic is realised."),
  pod: z
    .object({ name, uid: name, sandboxId: name, containerId: name.optional() })
    .optional()
    .describe("The pod that holds the Vnic."),
  interface: injectResult.shape.interface.optional().describe("The NIC as last seen in the pod."),
  lease: z
    .object({
      ...lease.shape,
      address,
      server: address,
      routes: z
        .array(z.object({ to: address, via: address.optional() }))
        .max(mostLeasedRoutes)
        .optional(),
      router: address.optional(),
      obtainedAt: z.string().max(longest.time),
      expiresAt: z.string().max(longest.time),
    })
    .optional()
    .describe("The DHCP lease that the Vnic has."),
  // By type, so that each condition may have a writer of its own.
  conditions: z
    .array(condition)
    .max(most.conditions)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] }),
});

/** The CustomResourceDefinition of `Vnic` (apiextensions.k8s.io/v1). */
export function vnicCrd() {
  return customResourceDefinition({
    kind: "Vnic",
    shortNames: ["vn", "vns"],
    spec: vnicSpec,
    status,
    columns: [
      { name: "Pod", type: "string", jsonPath: ".spec.pod.name" },
      { name: "Node", type: "string", jsonPath: ".status.node" },
      { name: "Interface", type: "string", jsonPath: ".status.interface.name" },
      { name: "Addresses", type: "string", jsonPath: ".status.interface.addresses" },
      { name: "Ready", type: "string", jsonPath: `.status.conditions[?(@.type=="Ready")].status` },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      { name: "MAC", type: "string", jsonPath: ".status.interface.mac", priority: 1 },
      { name: "Mode", type: "string", jsonPath: ".spec.network.mode", priority: 1 },
      { name: "Parent", type: "string", jsonPath: ".spec.network.parent", priority: 1 },
      { name: "Network", type: "string", jsonPath: ".spec.network.name", priority: 1 },
    ],
  });
}
