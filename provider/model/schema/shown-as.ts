import type * as z from "zod";

/** Schemas that JSON Schema can't express, with the one that is shown there instead. */
const forms = new WeakMap<z.core.$ZodType, z.ZodType>();

/** `schema`, shown as `form` in JSON Schema: what it does beyond that happens only where values are parsed. */
export function shownAs<T extends z.ZodType>(schema: T, form: z.ZodType): T {
  forms.set(schema, form);
  return schema;
}

export function formOf(schema: z.core.$ZodType): z.ZodType | undefined {
  return forms.get(schema);
}
