import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Returns the path of a program on PATH. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const dir of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(dir, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
