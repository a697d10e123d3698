import * as z from "zod";
import { type Description, descriptions } from "../schema/field.ts";
import { formOf } from "../schema/shown-as.ts";
import { maxLength } from "../schema/bounds.ts";

/** A Kubernetes condition (`metav1.Condition`). */
export const condition = z.object({
  type: z.string().max(maxLength.conditionType),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().max(maxLength.conditionReason),
  message: z.string().max(maxLength.conditionMessage),
  lastTransitionTime: z.string().max(maxLength.time),
  observedGeneration: z.int().optional(),
});

/**
 * Converts to Kubernetes' structural subset of JSON Schema, which prunes unknown fields instead of forbidding them,
 * and has no schema for the keys of a map.
 */
export function structural(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const form = formOf(zodSchema);
      if (form) Object.assign(jsonSchema, structural(form));
      // zod leaves the default out where a schema transforms its input.
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
      const description = descriptions.get(zodSchema);
      if (description) jsonSchema.description = sentence(description);
      if (typeof jsonSchema.additionalProperties !== "object") delete jsonSchema.additionalProperties;
      delete jsonSchema.propertyNames;
      delete jsonSchema["$schema"];
      // The CEL rules say the same with our messages, but the API server evaluates them only if the schema itself
      // passes.
      if ("x-kubernetes-validations" in jsonSchema)
        for (const keyword of ["pattern", "enum", "minimum", "maximum"] as const) delete jsonSchema[keyword];
      // zod bounds every integer by the safe range of a double, which the API server doesn't need.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}

/**
 * The structural schema of a `spec`, which server-side apply replaces as a whole. If single fields were merged, a field
 * that was added by hand would stay, because the owner never applied that field and so can't remove it.
 */
export function structuralSpec(schema: z.ZodType): object {
  return { ...structural(schema), "x-kubernetes-map-type": "atomic" };
}

/** The description of a field as a sentence, without links. */
function sentence({ doc, default: absent }: Description): string {
  const plain = (text: string) => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return `${plain(doc)}.${absent === undefined ? "" : ` Default: ${plain(absent)}.`}`;
}
