import * as z from "zod";
import { maxLength, maxItems } from "../schema/bounds.ts";
import { atCreation, customResourceDefinition, nameRule, type ValidationRule } from "../kubernetes/custom-resource.ts";
import { specShapeOf } from "../schema/field.ts";
import { condition } from "../kubernetes/structural-schema.ts";
import { setFields } from "./fields.ts";

const rule = (expression: string, message: string): ValidationRule => ({ rule: expression, message });

const spec = z.object(specShapeOf(setFields)).meta({
  "x-kubernetes-validations": [
    rule("has(self.selector) != has(self.workload)", "give the pods' labels (selector), or name their workload"),
    rule("!has(self.selector) || self.selector.size() > 0", "selector: is empty, which would mean every pod"),
  ],
});

const status = z.object({
  observedGeneration: z.int(),
  desired: z.int().describe("Number of pods that should have a Vnic."),
  ready: z.int().describe("Number of these pods whose Vnic is ready."),
  conditions: z.array(condition).max(maxItems.conditions),
});

/** The CustomResourceDefinition of `VnicSet` (apiextensions.k8s.io/v1). */
export function vnicSetCrd() {
  return customResourceDefinition({
    kind: "VnicSet",
    shortNames: ["vnset"],
    spec,
    status,
    initialStatus: { observedGeneration: -1, desired: 0, ready: 0, conditions: [] },
    rules: [
      atCreation(rule("size(self.metadata.name) <= 52", "name: is longer than the 52 characters of a VnicSet's name")),
      nameRule(maxLength.labelName),
    ],
    columns: [
      { name: "Desired", type: "integer", jsonPath: ".status.desired" },
      { name: "Ready", type: "integer", jsonPath: ".status.ready" },
      { name: "Reason", type: "string", jsonPath: `.status.conditions[?(@.type=="Ready")].reason` },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      { name: "Workload", type: "string", jsonPath: ".spec.workload.name", priority: 1 },
      { name: "Ranges", type: "string", jsonPath: ".spec.addresses[*].cidr", priority: 1 },
    ],
  });
}
