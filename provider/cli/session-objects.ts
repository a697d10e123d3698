import { isVnicError } from "../base/errors.ts";
import { defaultImage } from "../base/package.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import { systemNamespace } from "../model/names.ts";
import { type Manifest, pathOf } from "../model/platform/manifest.ts";
import { partManifests } from "../model/platform/platform.ts";
import { awaitGone } from "./delete-records.ts";

const namespacePath = `/api/v1/namespaces/${systemNamespace}`;

/**
 * Creates the namespace and the account of the injection Jobs again where they are missing but CRDs of ours exist:
 * `helm uninstall` keeps the CRDs, and with them Vnics in pods and directories on nodes, which only a session removes.
 */
export async function ensureSessionObjects(api: RawApi, report: (words: string) => void): Promise<void> {
  if (!(await hasCrds(api))) return;
  await awaitTermination(api);
  for (const manifest of [
    ...partManifests("namespace", { image: defaultImage }),
    ...partManifests("injector", { image: defaultImage }),
  ]) {
    if ((await api.get(pathOf(manifest))) !== undefined) continue;
    await api.post(collectionOf(manifest), manifest).catch(ignoreConflict);
    report(`created ${manifest.kind} ${manifest.metadata.name} again, for the clean-up of nodes`);
  }
}

async function hasCrds(api: RawApi): Promise<boolean> {
  const found = await Promise.all(
    partManifests("crds", { image: defaultImage }).map((manifest) => api.get(pathOf(manifest))),
  );
  return found.some((crd) => crd !== undefined);
}

/** Waits until a namespace that is being deleted is gone, because it accepts no Jobs. */
async function awaitTermination(api: RawApi): Promise<void> {
  const found = await api.get<{ metadata: { deletionTimestamp?: string } }>(namespacePath);
  if (found?.metadata.deletionTimestamp !== undefined)
    await awaitGone(api, namespacePath, `Namespace ${systemNamespace}`);
}

function collectionOf(manifest: Manifest): string {
  return pathOf(manifest).replace(/\/[^/]+$/, "");
}

/** Ignores that an object exists: Kubernetes itself may have created it in the meantime. */
function ignoreConflict(error: unknown): void {
  if (!isVnicError(error, "conflict")) throw error;
}
