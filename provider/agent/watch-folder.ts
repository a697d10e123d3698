import { watch } from "node:fs";
import { messageOf } from "../base/errors.ts";

/**
 * Calls `onChange` when an entry of a folder changes. A node may have no inotify instance left (inotify(7)): that is
 * reported to `warn`, and the caller must look by itself from time to time.
 */
export function watchFolder(path: string, onChange: () => void, warn: (text: string) => void): void {
  const fail = (error: unknown) => warn(`watching ${path}: ${messageOf(error)}; changes are noticed later`);
  try {
    watch(path, onChange).on("error", fail);
  } catch (error) {
    fail(error);
  }
}
