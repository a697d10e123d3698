import * as z from "zod";
import { maxLength, text } from "./bounds.ts";
import { descriptions } from "./field.ts";
import * as rule from "./fields.ts";
import { known } from "./known.ts";

/* Fields shared by several kinds of resources. */

const seconds = (doc: string) =>
  known(rule.deadlineSeconds).default(120).register(descriptions, { doc, default: "120" });

const eachDeadline = {
  createSeconds: seconds("How long creating may take, including the wait for a Pending pod"),
  updateSeconds: seconds("How long updating or refreshing may take"),
  deleteSeconds: seconds("How long deleting may take"),
};

export const deadlines = {
  schema: known(z.strictObject(eachDeadline)).prefault({}),
  change: "update",
  spec: false,
  doc: "How long each operation may take, in seconds",
  default: "120 each",
} as const;

/** Deadlines in state: an older version may have stored fewer, and a newer one more. */
export const storedDeadlines = z.looseObject(eachDeadline).prefault({});

export const labels = {
  schema: known(rule.recordLabels).optional(),
  change: "update",
  spec: false,
  doc: "Labels of the record, in addition to our own",
  default: "none",
} as const;

export const cluster = {
  schema: known(rule.labelName).optional(),
  change: "replace",
  // The record is stored in the cluster, so its spec needn't name it.
  spec: false,
  doc: "The cluster, by its name in the setting [`vnic:clusters`](operations.md#more-than-one-cluster)",
  default: "the cluster that `vnic:kubeconfig` leads to",
} as const;

/**
 * The URN of the resource that declares the record; absent if Pulumi hasn't created the record. It changes with an alias
 * or a new parent, which doesn't affect the NIC.
 */
export const declaredBy = {
  schema: text(maxLength.owner, "an owner's name").optional(),
  change: "nothing",
  spec: false,
  doc: "The URN of the resource, set by the SDK",
} as const;
