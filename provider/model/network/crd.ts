import * as z from "zod";
import { customResourceDefinition, nameRule } from "../kubernetes/custom-resource.ts";
import { specShapeOf } from "../schema/field.ts";
import { maxLength } from "../schema/bounds.ts";
import { networkFields } from "./fields.ts";
import { placementRuleOf } from "./placement.ts";

/**
 * A network's spec as the API server validates it. The finer rules are in `definition.ts`, and are applied whenever
 * the record is read.
 */
const networkSpec = z.object(specShapeOf(networkFields)).meta({
  "x-kubernetes-validations": [
    {
      rule: "has(self.parent) || has(self.parents)",
      message: "parent: is missing; give it, or parents by node labels",
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
