import * as z from "zod";
import { maxLength } from "../schema/bounds.ts";
import { customResourceDefinition } from "../kubernetes/custom-resource.ts";

const holder = z
  .object({
    namespace: z.string().max(63),
    name: z.string().max(253),
    uid: z.string().max(64).describe("UID of the Vnic's record. A later record of the same name has another UID."),
  })
  .describe("The Vnic that holds the address.");

export const addressSpec = z
  .object({
    segment: z
      .string()
      .max(maxLength.segment)
      .describe("The network: its parent as nodes name it, with the VLAN, if any."),
    value: z.string().max(64).describe("The address, without a prefix length, or the MAC."),
    family: z.enum(["IPv4", "IPv6", "MAC"]),
    holder,
  })
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "self.segment == oldSelf.segment && self.value == oldSelf.value && self.family == oldSelf.family",
        message: "only the holder of an address changes",
      },
    ],
  });

/** The CustomResourceDefinition of `VnicAddress`. It is cluster-scoped, because a LAN belongs to no namespace. */
export function addressCrd() {
  return customResourceDefinition({
    kind: "VnicAddress",
    plural: "vnicaddresses",
    shortNames: ["vnaddr", "vnaddrs"],
    scope: "Cluster",
    spec: addressSpec,
    columns: [
      { name: "Segment", type: "string", jsonPath: ".spec.segment" },
      { name: "Address", type: "string", jsonPath: ".spec.value" },
      { name: "Namespace", type: "string", jsonPath: ".spec.holder.namespace" },
      { name: "Vnic", type: "string", jsonPath: ".spec.holder.name" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      { name: "Family", type: "string", jsonPath: ".spec.family", priority: 1 },
      { name: "UID", type: "string", jsonPath: ".spec.holder.uid", priority: 1 },
    ],
  });
}
