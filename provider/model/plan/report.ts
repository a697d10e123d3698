import { networkWords } from "../network/reference.ts";
import { errorsOf } from "./errors.ts";
import { type Change, type FieldChange, fieldChanges } from "./fields.ts";
import { appliedOf, parsePreview, type PlannedStep, type Preview, wantedOf } from "./input.ts";
import { hasHidden, leavesOf, type PlanValue } from "./values.ts";

export interface NicChange {
  /** The resource's name in the program. */
  readonly nic: string;
  readonly pod: PlanValue;
  readonly network: PlanValue;
  readonly change: Change;
  /** Whether the change interrupts existing traffic. */
  readonly interrupting: boolean;
  readonly fields: readonly FieldChange[];
}

/** A plan as data, without secrets and without the stub's text. */
export interface PlanReport {
  readonly formatVersion: 1;
  /** `<project>/<stack>`; absent if the engine named no resource. */
  readonly stack?: string;
  readonly vnics: readonly NicChange[];
  /** Number of changes to resources of other types, except the stack and providers. */
  readonly others: Readonly<Record<Change, number>>;
  /** Why the preview failed; empty if it succeeded. */
  readonly errors: readonly string[];
}

const vnicType = "pulumi-nodejs:dynamic/vnic:Vnic";

/** Steps that change something; all others (`same`, `read`, `refresh`, …) don't. */
const changes: Readonly<Record<string, Change>> = {
  create: "create",
  import: "create",
  update: "update",
  replace: "replace",
  "create-replacement": "replace",
  "import-replacement": "replace",
  delete: "delete",
  "delete-replaced": "delete",
  "discard-replaced": "delete",
};

/** Reports on the output of `pulumi preview --json`; `source` names its origin in errors. Does no I/O. */
export function reportPlan(text: string, source: string): PlanReport {
  const preview = parsePreview(text, source);
  const planned = changingSteps(preview);
  const others: Record<Change, number> = { create: 0, update: 0, replace: 0, delete: 0 };
  for (const { step, change } of planned) if (isCounted(typeOf(step.urn))) others[change]++;
  const stack = stackOf(preview);
  return {
    formatVersion: 1,
    ...(stack === undefined ? {} : { stack }),
    vnics: planned
      .filter(({ step }) => typeOf(step.urn) === vnicType)
      .map(({ step, change }) => nicChange(step, change))
      .sort(comparePlaces),
    others,
    errors: errorsOf(preview.diagnostics),
  };
}

/** One step for each resource: with `--show-replacement-steps` the engine lists a replacement three times. */
function changingSteps({ steps }: Preview): { step: PlannedStep; change: Change }[] {
  const found = new Map<string, { step: PlannedStep; change: Change }>();
  for (const step of steps) {
    const change = Object.hasOwn(changes, step.op) ? changes[step.op] : undefined;
    if (!change) continue;
    const known = found.get(step.urn);
    if (!known || (known.change !== "replace" && change === "replace") || step.op === "replace")
      found.set(step.urn, { step, change });
  }
  return [...found.values()];
}

function nicChange(step: PlannedStep, change: Change): NicChange {
  const properties = change === "delete" ? appliedOf(step) : wantedOf(step);
  const fields = fieldChanges(change, step);
  return {
    nic: nameOf(step.urn),
    pod: referenceText(properties.pod, ({ namespace, name }) => `${String(namespace)}/${String(name)}`),
    network: referenceText(properties.network, (network) => networkWords(network)),
    change,
    interrupting: fields.some(({ interrupts }) => interrupts !== "none"),
    fields,
  };
}

function referenceText(value: unknown, words: (parts: Record<string, unknown>) => string): PlanValue {
  const leaves = leavesOf("", value);
  const hidden = leaves.find(([, leaf]) => hasHidden(leaf));
  if (hidden) return hidden[1];
  const parts = leaves.map(([path, leaf]) => [path.slice(1), leaf]);
  return parts.length === 0 ? null : words(Object.fromEntries(parts) as Record<string, unknown>);
}

/** A URN is `urn:pulumi:<stack>::<project>::<type, after its parents' types>::<name>`. */
function partsOf(urn: string): string[] {
  return urn.split("::");
}

function stackOf({ steps }: Preview): string | undefined {
  const [head = "", project] = partsOf(steps[0]?.urn ?? "");
  return project === undefined ? undefined : `${project}/${head.replace("urn:pulumi:", "")}`;
}

function typeOf(urn: string): string {
  return partsOf(urn)[2]?.split("$").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return partsOf(urn).slice(3).join("::");
}

function isCounted(type: string): boolean {
  return type !== vnicType && type !== "pulumi:pulumi:Stack" && !type.startsWith("pulumi:providers:");
}

function comparePlaces(one: NicChange, other: NicChange): number {
  const key = ({ pod, network, nic }: NicChange) => [pod, network, nic].map((part) => JSON.stringify(part)).join();
  return key(one) < key(other) ? -1 : 1;
}
