import { parseJson } from "../../base/json.ts";
import * as z from "zod";
import { VnicError } from "../../base/errors.ts";

/*
 * The output of `pulumi preview --json`, as far as a report needs it. Unknown fields and other resource types are
 * ignored.
 */

const properties = z.record(z.string(), z.unknown());

const resourceState = z.object({
  inputs: properties.nullish(),
  outputs: properties.nullish(),
  initErrors: z.array(z.unknown()).nullish(),
});

const step = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: resourceState.nullish(),
  newState: resourceState.nullish(),
  /** Top-level properties that differ; absent if the provider only answered that there are changes. */
  diffReasons: z.array(z.string()).nullish(),
});

const diagnostic = z.object({ severity: z.string(), message: z.string(), urn: z.string().nullish() });

const preview = z
  .object({
    steps: z.array(step).nullish(),
    diagnostics: z.array(diagnostic).nullish(),
    changeSummary: z.record(z.string(), z.number()).nullish(),
  })
  // The engine leaves out empty fields, but never all of these.
  .refine(({ steps, diagnostics, changeSummary }) => steps ?? diagnostics ?? changeSummary, {
    error: `it has neither "steps" nor "diagnostics" nor "changeSummary"`,
  });

/** The properties as applied, with which the provider's diff compares. */
export function appliedOf({ oldState }: PlannedStep): Properties {
  return oldState?.outputs ?? oldState?.inputs ?? {};
}

/** The properties as requested now. */
export function wantedOf({ newState }: PlannedStep): Properties {
  return newState?.inputs ?? {};
}

export type Properties = Readonly<Record<string, unknown>>;
export type PlannedStep = z.output<typeof step>;
export type PlannedState = z.output<typeof resourceState>;
export type Diagnostic = z.output<typeof diagnostic>;

/** The engine's planned steps, and its diagnostics. */
export interface Preview {
  readonly steps: readonly PlannedStep[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses the text; `source` names its origin in errors. */
export function parsePreview(text: string, source: string): Preview {
  const remedy = `give the output of "pulumi preview --json"`;
  if (text.trim() === "") throw new VnicError("invalid", `reading ${source}: it is empty; ${remedy}`);
  const json = parseJson(text);
  if (json === undefined) throw new VnicError("invalid", `reading ${source}: it is not JSON; ${remedy}`);
  const parsed = preview.safeParse(json);
  if (parsed.success) return { steps: parsed.data.steps ?? [], diagnostics: parsed.data.diagnostics ?? [] };
  const [issue] = parsed.error.issues;
  const at = issue && issue.path.length > 0 ? `${z.core.toDotPath(issue.path)}: ` : "";
  throw new VnicError("invalid", `reading ${source}: it is not a preview (${at}${issue?.message}); ${remedy}`);
}
