import type * as z from "zod";

/** Schemas that JSON Schema can't express, with their replacements there. */
const forms = new WeakMap<z.core.$ZodType, () => z.ZodType>();

/**
 * `schema`, represented as `form` in JSON Schema; its further checks apply only when values are parsed. The form is made
 * when it is needed, which is only for CRDs and documentation.
 */
export function shownAs<T extends z.ZodType>(schema: T, form: () => z.ZodType): T {
  forms.set(schema, form);
  return schema;
}

export function formOf(schema: z.core.$ZodType): z.ZodType | undefined {
  return forms.get(schema)?.();
}
