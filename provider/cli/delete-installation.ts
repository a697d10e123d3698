import { isVnicError } from "../base/errors.ts";
import { defaultImage } from "../base/package.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import { agentName, reconcilerName, systemNamespace } from "../model/names.ts";
import { type Manifest, pathOf } from "../model/platform/manifest.ts";
import { partManifests, platformManifests } from "../model/platform/platform.ts";
import { awaitGone } from "./delete-records.ts";

/** Deletes the workloads and waits until their pods are gone, so that nothing changes nodes any more. */
export async function deleteWorkloads(api: RawApi, report: (words: string) => void): Promise<void> {
  const root = `/apis/apps/v1/namespaces/${systemNamespace}`;
  const workloads = [
    [`Deployment ${reconcilerName}`, `${root}/deployments/${reconcilerName}`],
    [`DaemonSet ${agentName}`, `${root}/daemonsets/${agentName}`],
  ] as const;
  for (const [words, path] of workloads) {
    // Foreground deletion: the object is gone only after its pods.
    if (!(await api.delete(path, { propagationPolicy: "Foreground" }))) continue;
    await awaitGone(api, path, words);
    report(`deleted ${words}`);
  }
}

/**
 * Deletes the other objects of all parts in reverse order. Admission policies are deleted after all rights, which would be unlimited
 * without them. CRDs are deleted last, because the other deletions need their kinds.
 */
export async function deleteInstallation(api: RawApi, report: (words: string) => void): Promise<void> {
  const crds = partManifests("crds", { image: defaultImage });
  const others = platformManifests({ image: defaultImage, openshift: true, networkStatus: true, without: ["crds"] });
  const isPolicy = ({ kind }: Manifest) => kind.startsWith("ValidatingAdmissionPolicy");
  const inOrder = [others.filter((one) => !isPolicy(one)), others.filter(isPolicy), crds];
  for (const manifest of inOrder.flatMap((some) => some.toReversed())) {
    const words = wordsOf(manifest);
    const path = pathOf(manifest);
    if (!(await api.delete(path).catch(falseIfUnknownKind))) continue;
    await awaitGone(api, path, words);
    report(`deleted ${words}`);
  }
}

/** Returns false for a kind that the cluster doesn't have, such as OpenShift's. */
function falseIfUnknownKind(error: unknown): false {
  if (isVnicError(error, "notInstalled")) return false;
  throw error;
}

function wordsOf({ kind, metadata: { name } }: Manifest): string {
  return `${kind} ${name}`;
}
