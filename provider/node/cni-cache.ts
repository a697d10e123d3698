import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { cniResultsDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "./host-path.ts";

/**
 * An entry of libcni's cache (`kind: cniCacheV1`), which libcni keeps as root for each attachment until it is deleted.
 */
const cachedResult = z.object({
  containerId: z.string(),
  netns: z.string(),
  cniArgs: z.array(z.tuple([z.string(), z.string()])).nullish(),
});

interface PodName {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A pod's sandbox and the bind mount of its network namespace, as the runtime passed them to libcni. */
export interface CachedSandbox {
  readonly sandboxId: string;
  readonly netnsPath: string;
}

/** Finds the sandboxes of a pod whose networks were set up and not torn down; none if there is no cache. */
export async function findInCniCache({ namespace, name, uid }: PodName): Promise<CachedSandbox[]> {
  const folder = hostPath(cniResultsDirectory);
  const names = await readdir(folder).catch(() => []);
  const found = new Map<string, CachedSandbox>();
  for (const file of names) {
    const result = await readCached(join(folder, file));
    const args = new Map(result?.cniArgs ?? []);
    const isPods =
      args.get("K8S_POD_UID") === uid &&
      args.get("K8S_POD_NAMESPACE") === namespace &&
      args.get("K8S_POD_NAME") === name;
    if (result && isPods) found.set(result.containerId, { sandboxId: result.containerId, netnsPath: result.netns });
  }
  return [...found.values()];
}

async function readCached(path: string): Promise<z.output<typeof cachedResult> | undefined> {
  try {
    return cachedResult.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}
