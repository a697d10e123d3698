import * as z from "zod";
import { platformOptions } from "../../provider/model/platform/options.ts";
import { platformParts } from "../../provider/model/platform/platform.ts";

/** Options that only the command line and `Platform` support, because a template can't compute what these parse. */
const withoutValue = { runtimeLayout: true, allowRuntimeLayouts: true } as const;

/** Objects for Prometheus and Grafana. Not every cluster has the operators and sidecars that read them. */
const monitoring = {
  type: "object",
  description: "What Prometheus and Grafana need, all off by default",
  additionalProperties: false,
  properties: {
    podMonitor: { type: "boolean", default: false, description: "A PodMonitor of the Prometheus operator" },
    rules: { type: "boolean", default: false, description: "A PrometheusRule with alerts" },
    dashboard: { type: "boolean", default: false, description: "A ConfigMap with a dashboard, for Grafana's sidecar" },
    labels: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Labels of these objects, by which the operator finds them, such as release: <its release>",
    },
  },
};

/** The JSON Schema of the chart's values: the platform's options, the parts to leave out, and Helm's own values. */
export function valuesSchema(): object {
  const options = platformOptions.omit(withoutValue).partial({ image: true });
  const schema = z.toJSONSchema(options, { io: "input" }) as { properties: Record<string, Record<string, unknown>> };
  const { image, allowImages, ...properties } = schema.properties;
  return {
    ...schema,
    properties: {
      image,
      allowImages,
      without: {
        type: "array",
        items: { enum: platformParts },
        description: `Parts to leave out: ${platformParts.join(", ")}`,
      },
      ...properties,
      monitoring,
      global: { type: "object" },
    },
  };
}
