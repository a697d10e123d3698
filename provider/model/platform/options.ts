import * as z from "zod";
import { messageOf, VnicError } from "../../base/errors.ts";
import { parseLayout, type RuntimeLayout } from "../kubernetes/runtime-layout.ts";
import { quote } from "../../base/quote.ts";
import { problemsOf, problemWords } from "../schema/problem.ts";
import { wording } from "../schema/known.ts";
import { keyValues, labelValue, objectName, ownKey, resources, toleration } from "./scheduling.ts";

/*
 * The options of an installation in one schema, which `Platform`, the command line and the chart share. It has no
 * transforms, so that it can be converted to JSON Schema; defaults are in `meta`, and are applied where the options
 * are used.
 */

const layout = z
  .string()
  .superRefine((text, context) => {
    try {
      parseLayout(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
  })
  .meta({ description: "Name of a runtime layout, or <runtime>:<state directory>" });

const labels = keyValues(labelValue).meta({ description: "Additional labels for all objects and pods" });
const annotations = keyValues(z.string()).meta({ description: "Additional annotations for all objects and pods" });

/** Options of each workload. */
const workload = {
  resources: resources.optional().meta({ description: "Requests and limits of its container; replaces the default" }),
  nodeSelector: z
    .record(ownKey, labelValue)
    .optional()
    .meta({ description: "Labels that its nodes must have, in addition to kubernetes.io/os: linux" }),
  tolerations: z.array(toleration).optional().meta({ description: "Tolerations; replaces the default" }),
  priorityClassName: objectName.optional().meta({ description: "Name of an existing PriorityClass" }),
};

/** An image reference. It is also quoted in the messages of the policies, so other characters would break these. */
const image = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/, {
  error: ({ input }) => `${quote(input)} is not an image; write it like "registry.example/pulumi-vnic-node:0.1.0"`,
});

const agentOptions = z.strictObject(workload).meta({ description: "The node agent, a DaemonSet" });

const count = z.int().min(1, "is less than 1");

const reconcilerOptions = z
  .strictObject({
    replicas: count
      .max(9, "is more than 9")
      .optional()
      .meta({ default: 2, description: "Number of replicas; only the leader works" }),
    // A timer of more than 2^31 ms would run all the time.
    resyncSeconds: count.max(604_800, "is more than 604800, a week").optional().meta({
      default: 300,
      description:
        "Interval in seconds at which every Vnic is checked on its node; at most one node a second is visited",
    }),
    ...workload,
    antiAffinity: z
      .enum(["none", "preferred", "required"], { error: 'is none of "none", "preferred", "required"' })
      .optional()
      .meta({ default: "preferred", description: "Whether replicas run on different nodes" }),
    topologySpread: z
      .array(
        z.strictObject({
          topologyKey: ownKey,
          maxSkew: count.optional().meta({ default: 1 }),
          whenUnsatisfiable: z
            .enum(["DoNotSchedule", "ScheduleAnyway"], { error: 'is neither "DoNotSchedule" nor "ScheduleAnyway"' })
            .optional()
            .meta({ default: "ScheduleAnyway" }),
        }),
      )
      .optional()
      .meta({ description: "How replicas spread over zones or similar (topologySpreadConstraints)" }),
    disruptionBudget: z.boolean().optional().meta({
      default: true,
      description:
        "Whether to add a PodDisruptionBudget that allows one replica at a time to be evicted; never added for one replica",
    }),
  })
  .meta({ description: "The reconciler, a Deployment" });

export const platformOptions = z.strictObject({
  image: image.meta({
    description:
      "The node image, which everything in vnic-system runs: the injection Jobs, the node agent and the reconciler",
  }),
  allowImages: z
    .array(image)
    .optional()
    .meta({ description: "Additional images that may run in vnic-system, such as that of the previous version" }),
  imagePullSecrets: z
    .array(objectName)
    .optional()
    .meta({ description: "Names of Secrets in vnic-system for pulling the image" }),
  runtimeLayout: layout.optional().meta({
    description: "Runtime layout of nodes whose Node object doesn't show it; a Node's annotation takes precedence",
  }),
  allowRuntimeLayouts: z
    .array(layout)
    .optional()
    .meta({ description: "Additional layouts that Nodes' annotations may name" }),
  openshift: z
    .boolean()
    .optional()
    .meta({ default: false, description: "Whether to add OpenShift's security context constraints for our pods" }),
  networkStatus: z.boolean().optional().meta({
    default: false,
    description:
      "Whether Networks may ask that pods' annotation network-status lists their Vnics; gives the right to it",
  }),
  labels: labels.optional(),
  annotations: annotations.optional(),
  agent: agentOptions.optional(),
  reconciler: reconcilerOptions.optional(),
});

export type PlatformOptions = Immutable<z.input<typeof platformOptions>>;
export type AgentOptions = NonNullable<PlatformOptions["agent"]>;
export type ReconcilerOptions = NonNullable<PlatformOptions["reconciler"]>;

type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** Validates the options; the error names each property, its value and the rule. */
export function parsePlatformOptions(options: PlatformOptions): PlatformOptions {
  const { error } = platformOptions.safeParse(options, { error: wording });
  if (!error) return options;
  const problems = error.issues.flatMap((issue) => problemsOf(issue, "a platform"));
  throw new VnicError("invalid", problemWords(problems));
}

/** The layouts named in the options, which replace or extend the known ones. */
export function namedLayouts({ runtimeLayout, allowRuntimeLayouts = [] }: PlatformOptions): RuntimeLayout[] {
  return [...(runtimeLayout === undefined ? [] : [runtimeLayout]), ...allowRuntimeLayouts].map(parseLayout);
}
