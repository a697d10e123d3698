import * as z from "zod";
import { labelName } from "./schema/fields.ts";

/** How one of the clusters in the setting `vnic:clusters` is reached. What it lacks is as for the stack's own cluster. */
export interface Connection {
  /** A kubeconfig's path or text, or `env:<variable>` that holds either. Default: the stack's own. */
  readonly kubeconfig?: string;
  /** Which of its contexts. Default: its current one. */
  readonly context?: string;
  /** The node side's image. Default: the stack's own. */
  readonly image?: string;
}

const connection = z
  .strictObject({ kubeconfig: z.string().optional(), context: z.string().optional(), image: z.string().optional() })
  .refine(({ kubeconfig, context }) => kubeconfig !== undefined || context !== undefined);
const connections = z.record(labelName, connection);

/** Reads connections by the names of their clusters; or the path of the first value that is wrong, as values may be secret. */
export function parseConnections(
  value: unknown,
): { readonly connections: ReadonlyMap<string, Connection> } | { readonly wrong: string } {
  const parsed = connections.safeParse(value);
  if (!parsed.success) return { wrong: parsed.error.issues[0]?.path.join(".") || "the whole" };
  return { connections: new Map(Object.entries(parsed.data) as [string, Connection][]) };
}
