import { parseLayout, type RuntimeLayout } from "../kubernetes/runtime-layout.ts";
import type { ReconcilerOptions } from "./reconciler.ts";

export interface PlatformOptions {
  /** The node image: of the injection Jobs, and of whatever else runs in our namespace. */
  readonly image: string;
  readonly reconciler?: ReconcilerOptions;
  /**
   * The layout of the container runtimes of all nodes, where what the nodes say of themselves doesn't tell: a name of the table in
   * runtime-layout.ts, or `<runtime>:<state directory>`. A Node's annotation goes before.
   */
  readonly runtimeLayout?: string;
  /** Further layouts that Nodes' annotations may name. */
  readonly allowRuntimeLayouts?: readonly string[];
  /** Further images that may run in our namespace, such as that of the version before. */
  readonly allowImages?: readonly string[];
}

/** The layouts that the options name, in place of or beside those that are known. */
export function namedLayouts({ runtimeLayout, allowRuntimeLayouts = [] }: PlatformOptions): RuntimeLayout[] {
  return [...(runtimeLayout === undefined ? [] : [runtimeLayout]), ...allowRuntimeLayouts].map(parseLayout);
}
