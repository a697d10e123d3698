import * as z from "zod";
import { customResourceDefinition, nameRule } from "../kubernetes/custom-resource.ts";
import { specShapeOf } from "../schema/field.ts";
import { maxLength } from "../schema/bounds.ts";
import { networkFields } from "./fields.ts";
import { sharingModes } from "./mode.ts";
import { placementRuleOf } from "./placement.ts";

/**
 * A network's spec as the API server validates it. A few finer rules are only in `definition.ts`, and are applied whenever
 * the record is read.
 */
const networkSpec = z.object(specShapeOf(networkFields)).meta({
  "x-kubernetes-validations": [
    {
      rule: "has(self.parent) || has(self.parents) && self.parents.size() > 0",
      message: "parent: is missing; give it, or parents by node labels",
    },
    {
      rule: `!has(self.vlan) || self.?mode.orValue('macvlan') in [${sharingModes.map((one) => `'${one}'`).join(", ")}]`,
      message: "vlan: is for the macvlan modes and ipvlan; name a bridge or device that is in the VLAN already",
    },
    {
      rule: "!has(self.ranges) || self.ranges.size() < 2 || !self.ranges.all(one, isCIDR(one.cidr)) || cidr(self.ranges[0].cidr).ip().family() != cidr(self.ranges[1].cidr).ip().family()",
      message: "ranges: both are of the same family; give at most one range of IPv4 and one of IPv6",
    },
    placementRuleOf("self.?mode"),
  ],
});

/**
 * The CustomResourceDefinition of `VnicNetwork`. It is cluster-scoped, because external networks belong to no
 * namespace.
 */
export function networkCrd() {
  return customResourceDefinition({
    kind: "VnicNetwork",
    shortNames: ["vnet", "vnets"],
    scope: "Cluster",
    spec: networkSpec,
    rules: [nameRule(maxLength.labelName)],
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
