import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { VnicError } from "../base/errors.ts";
import { stateDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "./host-path.ts";
import { listResourceFiles } from "./resource-file.ts";

/**
 * Empties the state directory on the node; refuses while a Vnic is on the node. The directory itself is a mount point
 * and stays.
 */
export async function purge(): Promise<{ removed: number }> {
  const [file] = await listResourceFiles();
  if (file)
    throw new VnicError(
      "refused",
      `Vnic ${file.vnic.namespace}/${file.vnic.name} has a resource file on the node; delete it first`,
    );
  const directory = hostPath(stateDirectory);
  const names = await readdir(directory);
  await Promise.all(names.map((name) => rm(join(directory, name), { recursive: true, force: true })));
  return { removed: names.length };
}
