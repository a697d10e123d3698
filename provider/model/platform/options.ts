import type { ReconcilerOptions } from "./reconciler.ts";

export interface PlatformOptions {
  /** The node image: of the injection Jobs, and of whatever else runs in our namespace. */
  readonly image: string;
  readonly reconciler?: ReconcilerOptions;
  /** Further images that may run in our namespace, such as that of the version before. */
  readonly allowImages?: readonly string[];
}
