import * as z from "zod";
import { placementRuleOf } from "../network/placement.ts";
import { list, maxItems } from "../schema/bounds.ts";
import { descriptions, type Fields, specShapeOf } from "../schema/field.ts";
import * as rule from "../schema/fields.ts";
import { known } from "../schema/known.ts";
import { addressRange } from "../schema/range.ts";
import { cluster, deadlines, declaredBy, labels } from "../schema/shared-fields.ts";
import { quote } from "../../base/quote.ts";
import { vnicFields } from "../vnic/fields.ts";

/* The fields of a VnicSet. Everything else about the fields is derived from this table; see schema/field.ts. */

const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet"] as const;

/** Fields of a Vnic that differ between the Vnics of a set. */
export const perVnic = ["name", "pod", "addresses", "mac"] as const;
/** Fields of a Vnic that belong to the set itself, not to its template. */
export const perSet = ["adopt", "deadlines", "cluster", "declaredBy"] as const;

const setName = rule.labelName.max(52, {
  error: ({ input }) => `${quote(input)} is longer than the 52 characters of a VnicSet's name`,
});

const selector = rule.labels.refine((given) => Object.keys(given).length > 0, {
  error: `is empty, which would mean every pod of the namespace; give at least one label, like { app: "db" }`,
});

const workload = z.strictObject({
  kind: known(
    z.enum(workloadKinds, {
      error: ({ input }) => `${quote(input)} is not a kind of workload; use ${workloadKinds.join(", ")}`,
    }),
  ).register(descriptions, { doc: `\`${workloadKinds.join("`, `")}\`` }),
  name: known(rule.objectName).register(descriptions, { doc: "The workload's name" }),
});

const { pod: _, addresses: __, mac: ___, ...shared } = vnicFields;

export const setFields = {
  name: {
    schema: known(setName),
    change: "replace",
    spec: false,
    doc: "Name of the record, at most 52 characters",
    default: "the resource's name",
  },
  namespace: {
    schema: known(rule.labelName).default("default"),
    change: "replace",
    spec: false,
    doc: "Namespace of the record, its pods and its Vnics",
    default: "`default`",
  },
  selector: {
    schema: known(selector).optional(),
    change: "update",
    spec: rule.labels.optional(),
    doc: "Labels that select the pods; set this or `workload`",
  },
  workload: {
    schema: known(workload).optional(),
    change: "update",
    spec: true,
    doc: "The workload whose pods are selected; set this or `selector`",
  },
  template: {
    // definition.ts applies the rules of a Vnic.
    schema: known(z.record(z.string(), z.unknown())),
    change: "update",
    spec: z
      .object({ ...specShapeOf(shared), labels: rule.recordLabels.optional() })
      .meta({ "x-kubernetes-validations": [placementRuleOf("self.network.?mode")] }),
    doc: "Inputs that all Vnics of the set have in common: those of a [Vnic](vnic.md), except `name`, `pod`, `addresses`, `mac`, `adopt`, `deadlines` and `cluster`. A change that would replace a Vnic replaces each of them. The interface's name is the same in all pods",
  },
  addresses: {
    schema: known(
      list(known(addressRange), maxItems.ranges).refine((ranges) => ranges.length > 0, {
        error: "is empty; give a range, or leave it out",
      }),
    ).optional(),
    change: "update",
    spec: z.array(addressRange).min(1).max(maxItems.ranges).optional(),
    doc: "Ranges, at most one of each address family; each pod gets one address from each",
    default: "the ranges of the Network that the template names, or DHCP",
  },
  labels,
  deadlines,
  cluster,
  declaredBy,
} as const satisfies Fields;
