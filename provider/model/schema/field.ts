import * as z from "zod";

/*
 * An input of a resource, declared once. Definition, diff, record, CRD and the documentation's tables are derived
 * from it.
 */

/** The consequence of a change of the value: an update in place, a new NIC, or nothing. */
export type Consequence = "update" | "replace" | "nothing";

/** Documentation of a value, in Markdown, without a full stop. */
export interface Description {
  /** A description of the value. */
  readonly doc: string;
  /** The value that is used if none is given. */
  readonly default?: string;
}

export interface Field extends Description {
  /** Validation and canonical form of the value, which may be unknown in a preview. */
  readonly schema: z.ZodType;
  readonly change: Consequence;
  /** Whether the record's spec has the value: unchanged, not at all, or with another schema. */
  readonly spec: boolean | z.ZodType;
}

export type Fields = Readonly<Record<string, Field>>;

/** Descriptions by schema: of the fields, and of nested values. */
export const descriptions = z.registry<Description>();

/** The schemas of all fields, as a shape for `z.strictObject`. */
export function shapeOf<F extends Fields>(fields: F): { [K in keyof F]: F[K]["schema"] } {
  const entries = Object.entries(fields).map(([key, field]) => {
    descriptions.add(field.schema, field);
    return [key, field.schema];
  });
  return Object.fromEntries(entries) as { [K in keyof F]: F[K]["schema"] };
}

/** The keys of the fields that a record's spec has. */
export type SpecKey<F extends Fields> = { [K in keyof F]: F[K]["spec"] extends false ? never : K }[keyof F];

/** The fields that a record's spec has. */
export function specFieldsOf<F extends Fields>(fields: F): Pick<F, SpecKey<F>> {
  return Object.fromEntries(Object.entries(fields).filter(([, { spec }]) => spec !== false)) as Pick<F, SpecKey<F>>;
}

/** The schemas of a record's spec, as the API server validates it. */
export function specShapeOf(fields: Fields): Record<string, z.ZodType> {
  const entries = Object.entries(specFieldsOf(fields)).map(([key, field]) => {
    const form = typeof field.spec === "boolean" ? field.schema : field.spec;
    descriptions.add(form, field);
    return [key, form] as const;
  });
  return Object.fromEntries(entries);
}

/** Picks the given fields of an object; leaves out fields without a value. */
export function pick<K extends string>(fields: Readonly<Record<K, unknown>>, value: object): object {
  return Object.fromEntries(
    Object.entries(value).filter(([key, item]) => Object.hasOwn(fields, key) && item !== undefined),
  );
}

/** The type of a definition: its schema's output without undefined values. */
export type Canonical<T> = { readonly [K in keyof T]: DeepReadonly<Exclude<T[K], undefined>> };

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
