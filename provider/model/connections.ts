import * as z from "zod";
import { labelName } from "./schema/fields.ts";

/**
 * How to reach one of the clusters in the setting `vnic:clusters`. It has a kubeconfig, a context, or both.
 */
export interface Connection {
  /** A kubeconfig's path or text, or `env:<variable>` with either. Default: the stack's own. */
  readonly kubeconfig?: string;
  /** The kubeconfig's context. Default: its current context. */
  readonly context?: string;
  /** The node image. Default: the stack's own. */
  readonly image?: string;
}

const connection = z
  .strictObject({ kubeconfig: z.string().optional(), context: z.string().optional(), image: z.string().optional() })
  .refine(({ kubeconfig, context }) => kubeconfig !== undefined || context !== undefined);
const connections = z.record(labelName, connection);

/**
 * Parses connections by cluster name, or returns the path of the first invalid value. The values themselves may be
 * secret.
 */
export function parseConnections(
  value: unknown,
): { readonly connections: ReadonlyMap<string, Connection> } | { readonly wrong: string } {
  const parsed = connections.safeParse(value);
  if (!parsed.success) return { wrong: parsed.error.issues[0]?.path.join(".") || "the whole" };
  return { connections: new Map(Object.entries(parsed.data) as [string, Connection][]) };
}
