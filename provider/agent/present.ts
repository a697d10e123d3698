import type { ResourceFile } from "../model/wire/resource-file.ts";
import { isAlive } from "../node/netns.ts";
import { listResourceFiles } from "../node/resource-file.ts";

/** Lists the resource files of this node's Vnics whose pod still has its network namespace. */
export async function listPresent(): Promise<ResourceFile[]> {
  const files = await listResourceFiles();
  const present = await Promise.all(files.map(isPresent));
  return files.filter((_, index) => present[index]);
}

export function isPresent({ association }: ResourceFile): Promise<boolean> {
  return isAlive(association);
}
