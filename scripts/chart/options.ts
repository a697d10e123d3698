import type { PlatformOptions } from "../../provider/model/platform/options.ts";
import { nodeConstraints, wholeResources } from "../../provider/model/platform/node-constraints.ts";
import { spread } from "../../provider/model/platform/reconciler.ts";
import type { Form, Json, Option, Substitute } from "./template.ts";

/* The options of a platform as chart values, each with the forms in which it appears in objects. */

const image = "chart.invalid/image";
const otherImage = "chart.invalid/allowed-image";
const everyNode = [{ operator: "Exists" }] as const;

/** The options for the base rendering, chosen so that it contains every object. */
export const baseOptions = {
  image,
  allowImages: [otherImage],
  openshift: true,
  networkStatus: true,
} satisfies PlatformOptions;

/** Texts to replace in strings, the longest first. */
export const substitutes: readonly Substitute[] = [
  { of: `"${image}","${otherImage}"`, text: 'include "vnic.imageItems" .' },
  { of: `${image}, ${otherImage}`, text: 'include "vnic.imageWords" .' },
  { of: image, text: ".Values.image" },
];

/** An option, and how it is set. */
export interface Point extends Option {
  readonly set: (options: PlatformOptions, value: Json) => PlatformOptions;
  /** The Helm condition for objects that the option's other value removes. */
  readonly whenThere?: string;
}

type Workload = "agent" | "reconciler";

function workloadPoint(workload: Workload, key: string, point: Omit<Point, "set">): Point {
  const set: Point["set"] = (options, value) => ({ ...options, [workload]: { ...options[workload], [key]: value } });
  return { ...point, set };
}

const json = (text: string) => `{{ ${text} | toJson }}`;

/** The form of a value that is used as it is, with its values path. */
function asIs(text: string, when?: string): Form[] {
  const forms = [
    { of: (value: Json) => value, text: json(text) },
    { of: (value: Json) => `${value as string | number}`, text: json(`${text} | toString`) },
  ];
  return when === undefined ? forms : forms.map((form) => ({ ...form, when }));
}

/** Options of every workload. */
function workloadPoints(
  workload: Workload,
  defaults: { resources: Json; tolerations: Json; priority?: string },
): Point[] {
  const values = `.Values.${workload}`;
  const { resources, tolerations, priority } = defaults;
  const tolerated = `(include "vnic.tolerations" (list ${values} ${JSON.stringify(JSON.stringify(tolerations))}) | fromYamlArray)`;
  return [
    workloadPoint(workload, "resources", {
      base: resources,
      probe: { limits: { cpu: "7" } },
      forms: [
        {
          of: (value) => wholeResources(value as object),
          text: `{{ include "vnic.resources" (ternary ${values}.resources (fromJson ${JSON.stringify(JSON.stringify(resources))}) (hasKey ${values} "resources")) }}`,
        },
      ],
    }),
    workloadPoint(workload, "nodeSelector", {
      base: {},
      probe: { probe: "x" },
      forms: [
        {
          of: (value) => nodeConstraints({ nodeSelector: value as Record<string, string> }).nodeSelector,
          text: json(`merge (dict "kubernetes.io/os" "linux") (${values}.nodeSelector | default dict)`),
        },
      ],
    }),
    workloadPoint(workload, "tolerations", {
      base: tolerations,
      // Exactly one of base and probe is empty, because the forms differ only for an empty list.
      probe: (tolerations as []).length === 0 ? everyNode : [],
      forms: [
        { of: (value: Json) => value, text: json(tolerated) },
        {
          of: (value: Json) => ((value as []).length === 0 ? undefined : value),
          text: json(tolerated),
          when: tolerated,
        },
      ],
    }),
    workloadPoint(workload, "priorityClassName", {
      base: priority,
      probe: "probe",
      forms: [
        ...(priority === undefined
          ? asIs(`${values}.priorityClassName`, `${values}.priorityClassName`)
          : asIs(`${values}.priorityClassName | default ${JSON.stringify(priority)}`)),
      ],
    }),
  ];
}

const affinityOf = (value: Json) =>
  spread({ antiAffinity: value as "none" | "preferred" | "required" }).affinity as Json;
const antiAffinity = '(.Values.reconciler.antiAffinity | default "preferred")';
const disruptionBudget = '(ne (.Values.reconciler.disruptionBudget | toString) "false")';

export const points: readonly Point[] = [
  workloadPoint("reconciler", "replicas", {
    base: 2,
    probe: 3,
    forms: asIs(".Values.reconciler.replicas | default 2"),
  }),
  workloadPoint("reconciler", "resyncSeconds", {
    base: 300,
    probe: 301,
    forms: asIs(".Values.reconciler.resyncSeconds | default 300"),
  }),
  ...workloadPoints("agent", {
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    tolerations: everyNode,
    priority: "system-node-critical",
  }),
  ...workloadPoints("reconciler", {
    resources: { requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "384Mi" } },
    tolerations: [],
  }),
  workloadPoint("reconciler", "antiAffinity", {
    base: "preferred",
    probe: "required",
    forms: [
      {
        of: affinityOf,
        text: `{{ if eq ${antiAffinity} "required" }}${JSON.stringify(affinityOf("required"))}{{ else }}${JSON.stringify(affinityOf("preferred"))}{{ end }}`,
        when: `ne ${antiAffinity} "none"`,
      },
    ],
  }),
  workloadPoint("reconciler", "topologySpread", {
    base: [],
    probe: [{ topologyKey: "probe" }],
    forms: [
      {
        of: (value) => spread({ topologySpread: value as [] }).topologySpreadConstraints,
        text: '{{ include "vnic.topologySpread" . }}',
        when: ".Values.reconciler.topologySpread",
      },
    ],
  }),
  workloadPoint("reconciler", "disruptionBudget", {
    base: true,
    probe: false,
    forms: [],
    whenThere: `and ${disruptionBudget} (gt (int (.Values.reconciler.replicas | default 2)) 1)`,
  }),
  {
    base: true,
    probe: false,
    forms: [],
    whenThere: ".Values.openshift",
    set: (options, openshift) => ({ ...options, openshift: openshift as boolean }),
  },
  {
    base: true,
    probe: false,
    forms: [],
    whenThere: ".Values.networkStatus",
    set: (options, networkStatus) => ({ ...options, networkStatus: networkStatus as boolean }),
  },
  {
    base: [],
    probe: ["probe"],
    forms: [
      {
        of: (value) => ((value as string[]).length === 0 ? undefined : (value as string[]).map((name) => ({ name }))),
        text: '[{{ range .Values.imagePullSecrets }}{"name": {{ . | toJson }}},{{ end }}]',
        when: ".Values.imagePullSecrets",
      },
    ],
    set: (options, names) => ({ ...options, imagePullSecrets: names as string[] }),
  },
];
