import * as z from "zod";
import { type Description, descriptions } from "../schema/field.ts";
import { formOf } from "../schema/shown-as.ts";
import { longest } from "../schema/bounds.ts";

/** A Kubernetes condition (`metav1.Condition`). */
export const condition = z.object({
  type: z.string().max(longest.conditionType),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().max(longest.conditionReason),
  message: z.string().max(longest.conditionMessage),
  lastTransitionTime: z.string().max(longest.time),
  observedGeneration: z.int().optional(),
});

/**
 * Kubernetes' structural subset of JSON Schema: unknown fields are pruned by default, so none may be forbidden, and a map's
 * keys have no schema.
 */
export function structural(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const form = formOf(zodSchema);
      if (form) Object.assign(jsonSchema, structural(form));
      // Left out by zod where a schema transforms what it reads.
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
      const description = descriptions.get(zodSchema);
      if (description) jsonSchema.description = sentence(description);
      if (typeof jsonSchema.additionalProperties !== "object") delete jsonSchema.additionalProperties;
      delete jsonSchema.propertyNames;
      delete jsonSchema["$schema"];
      // Rules in CEL say the same in our words, and are only asked when nothing else is wrong.
      if ("x-kubernetes-validations" in jsonSchema)
        for (const keyword of ["pattern", "enum", "minimum", "maximum"] as const) delete jsonSchema[keyword];
      // zod bounds every integer by what a double can hold; the API server has its own bounds.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}

/**
 * The structural schema of a `spec`, which server-side apply replaces as a whole. If it merged single fields, one that
 * somebody added by hand would stay for ever, because the owner never applied it and so can't remove it.
 */
export function structuralSpec(schema: z.ZodType): object {
  return { ...structural(schema), "x-kubernetes-map-type": "atomic" };
}

/** The description of a field, as a sentence without links. */
function sentence({ doc, default: absent }: Description): string {
  const plain = (text: string) => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return `${plain(doc)}.${absent === undefined ? "" : ` Default: ${plain(absent)}.`}`;
}
