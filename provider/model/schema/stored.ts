import * as z from "zod";
import { memoizeByObject } from "../../base/memoize.ts";
import { asJson, quote } from "../../base/quote.ts";
import { isObjectName } from "../names.ts";
import { maxLength, text } from "./bounds.ts";
import { type Fields, shapeOf } from "./field.ts";
import { labelName } from "./fields.ts";
import { unknownValue, wording } from "./known.ts";
import { type Problem, problemsOf } from "./problem.ts";

/*
 * Checks of what Pulumi has stored of a resource, which anybody who may write the stack's state can edit. The values by
 * which hooks work must follow their rules. All other values are only compared, so they need the right type and nothing
 * else: an older version may have had other rules, and a pod may change its NIC.
 */

/** A UID of an object; empty for none. */
export const storedUid = z
  .string()
  .regex(/^[\w-]{0,128}$/, { error: ({ input }) => `${quote(input)} is not the UID of an object` });

/** The name of an object, which becomes a part of a request's path; empty for none. */
export const storedName = z.string().refine((name) => name === "" || isObjectName(name), {
  error: ({ input }) => `${quote(input)} is not the name of an object`,
});

/** Properties that decide which cluster is opened, and which values messages leave out. */
const declared = {
  declaredBy: text(maxLength.owner, "a URN").optional(),
  cluster: labelName.optional(),
  secretInputs: z.array(z.array(z.string())).optional(),
};

const common = {
  ...declared,
  uid: storedUid.min(1, { error: "is empty" }),
  clusterUid: storedUid.optional(),
  owner: text(maxLength.owner, "an owner's name").optional(),
};

const declaredSchema = z.looseObject(declared);
const versionsSchema = z.looseObject({
  schemaVersion: z.int(),
  providerVersion: text(maxLength.objectName, "a version"),
});

/** What a kind of resource stores. */
export interface StoredShape {
  /** The fields of its definition. */
  readonly fields: Fields;
  /** Schemas of the properties by which its hooks work, in addition to those that every kind has. */
  readonly used: Readonly<Record<string, z.ZodType>>;
}

/** A parsed value, or everything that is wrong with it. */
export type Parsed<Value> = { readonly value: Value } | { readonly problems: Problem[] };

/** Parses which version wrote the state. It is read before the rest, because a newer version may have another shape. */
export function parseVersions(stored: unknown): Parsed<{ schemaVersion: number; providerVersion: string }> {
  return parsed(versionsSchema.safeParse(stored, { error: wording }));
}

/** Parses the properties that decide which cluster is opened, of a resource of which nothing else is stored. */
export function parseDeclared<Value>(stored: Value): Parsed<Value> {
  return parsed(declaredSchema.safeParse(stored, { error: wording })) as Parsed<Value>;
}

/** Parses stored state. Fills in the defaults of properties by which hooks work, and which an older version didn't have. */
export function parseStored<State>(stored: State, of: StoredShape): Parsed<State> {
  const { used, compared, keys } = schemasOf(of);
  const own = parsed(used.safeParse(stored, { error: wording })) as Parsed<State>;
  const problems = [
    ...("problems" in own ? own.problems : []),
    ...unknownProblems(stored, keys),
    ...typeProblemsBy(compared, stored),
  ];
  return problems.length === 0 ? own : { problems };
}

/** Problems with the types of inputs. A value that breaks another rule passes, and so does an unknown value. */
export function typeProblems(fields: Fields, inputs: unknown): Problem[] {
  return typeProblemsBy(looseSchemaOf(fields), inputs);
}

const schemasOf = memoizeByObject(({ fields, used: more }: StoredShape) => {
  const used = { ...common, ...more };
  const compared = Object.fromEntries(Object.entries(fields).filter(([key]) => !Object.hasOwn(used, key)));
  const keys = new Set([...Object.keys(fields), ...Object.keys(used)]);
  return { used: z.looseObject(used), compared: z.looseObject(shapeOf(compared)), keys };
});

const looseSchemaOf = memoizeByObject((fields: Fields) => z.looseObject(shapeOf(fields)));

function typeProblemsBy(schema: z.ZodType, given: unknown): Problem[] {
  const { error } = schema.safeParse(given, { error: wording });
  return (error?.issues ?? []).filter(({ code }) => code === "invalid_type").flatMap(wordsOf);
}

/** State has no unknown values; hooks would take the placeholder for the value. */
function unknownProblems(stored: unknown, keys: ReadonlySet<string>): Problem[] {
  const reason = "has the engine's placeholder for an unknown value";
  return Object.entries(stored ?? {})
    .filter(([key, value]) => keys.has(key) && asJson(value).includes(unknownValue))
    .map(([property]) => ({ property, reason }));
}

function parsed<Value>({ data, error }: z.ZodSafeParseResult<Value>): Parsed<Value> {
  return error ? { problems: error.issues.flatMap(wordsOf) } : { value: data };
}

function wordsOf(issue: z.core.$ZodIssue): Problem[] {
  return problemsOf(issue, "its state");
}
