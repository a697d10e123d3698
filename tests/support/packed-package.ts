import { join } from "node:path";
import { must } from "../lab/run.ts";
import { root } from "./documents.ts";

/** Packs the built package as for a release, and returns the path of its archive. */
export async function packPackage(folder: string): Promise<string> {
  const packed = await must(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
  });
  return join(folder, packed.trim());
}
