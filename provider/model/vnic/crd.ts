import * as z from "zod";
import { customResourceDefinition, nameRule } from "../kubernetes/custom-resource.ts";
import { maxLength, maxItems } from "../schema/bounds.ts";
import { lease } from "../lease/lease.ts";
import { maxLeasedRoutes } from "../lease/routes.ts";
import { injectResult } from "../wire/session-protocol.ts";
import { specShapeOf } from "../schema/field.ts";
import { placementRuleOf } from "../network/placement.ts";
import { condition } from "../kubernetes/structural-schema.ts";
import { vnicFields } from "./fields.ts";
import { pendingStatus } from "./pending.ts";

const address = z.string().max(maxLength.address);

/** Rules between the fields of a spec. */
const acrossFields = {
  "x-kubernetes-validations": [
    {
      rule: "!has(self.addresses) || self.addresses.all(one, self.addresses.exists_one(other, other.split('/')[0] == one.split('/')[0]))",
      message: "addresses: one of them is the same address as another",
    },
    {
      rule: "!has(self.mtu) || self.mtu < 68 || self.mtu >= 1280 || !(has(self.slaac) && self.slaac) && (!has(self.addresses) || !self.addresses.exists(one, one.contains(':')))",
      message: "mtu: it is below 1280, the minimum of IPv6 (RFC 8200), and an address is IPv6",
    },
    placementRuleOf("self.network.?mode"),
  ],
};

/** The record's spec as the API server validates it. */
const vnicSpec = z.object(specShapeOf(vnicFields)).meta(acrossFields);

const name = z.string().max(maxLength.objectName);

const status = z.object({
  observedGeneration: z.int().optional().describe("The generation of the spec that this status describes."),
  recordUid: name
    .optional()
    .describe("UID of the record that this status is about. Another UID shows that it was restored or copied."),
  node: name.optional().describe("The node on which the Vnic is realised."),
  pod: z
    .object({ name, uid: name, sandboxId: name, containerId: name.optional() })
    .optional()
    .describe("The pod that has the Vnic."),
  interface: injectResult.shape.interface.optional().describe("The NIC as last seen in the pod."),
  lease: z
    .object({
      ...lease.shape,
      address,
      server: address,
      routes: z
        .array(z.object({ to: address, via: address.optional() }))
        .max(maxLeasedRoutes)
        .optional(),
      router: address.optional(),
      obtainedAt: z.string().max(maxLength.time),
      expiresAt: z.string().max(maxLength.time),
    })
    .optional()
    .describe("The DHCP lease that the Vnic has."),
  addressClaims: z
    .array(z.object({ name, uid: name, resourceVersion: name }))
    .max(maxItems.addressClaims)
    .optional()
    .describe("The VnicAddress objects that reserve its MAC and its addresses."),
  networkStatus: z
    .object({
      name: z.string().max(maxLength.attachment),
      pod: name,
      podUid: name,
      interface: z.string().max(maxLength.labelName),
      mac: z.string().max(maxLength.mac),
    })
    .optional()
    .describe("The entry of the Vnic in the annotation k8s.v1.cni.cncf.io/network-status of a pod."),
  // A map by type, so that each condition can have its own writer.
  conditions: z
    .array(condition)
    .max(maxItems.conditions)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] }),
});

/** The CustomResourceDefinition of `Vnic` (apiextensions.k8s.io/v1). */
export function vnicCrd() {
  return customResourceDefinition({
    kind: "Vnic",
    shortNames: ["vn", "vns"],
    spec: vnicSpec,
    status,
    initialStatus: pendingStatus,
    rules: [nameRule(maxLength.labelName)],
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
