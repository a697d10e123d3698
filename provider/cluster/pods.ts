import type { CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import pRetry from "p-retry";
import { isVnicError, VnicError } from "../base/errors.ts";
import { dynamicNetworksRole } from "../model/kubernetes/network-status.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import { fieldManager } from "../model/names.ts";
import { type ApiServer, call, changeVersion, find } from "./call.ts";
import type { PodCluster } from "./cluster.ts";
import type { Patches } from "./records.ts";

const clusterRoles = { group: "rbac.authorization.k8s.io", version: "v1", plural: "clusterroles" };

/**
 * Number of tries to change one annotation. A try fails if another program or the kubelet changes the pod at the same
 * time.
 */
const tries = 20;

/** The calls for pods. */
export function podCalls(server: ApiServer, core: CoreV1Api, objects: CustomObjectsApi, patches: Patches): PodCluster {
  const read = (namespace: string, name: string) =>
    find<PodObject>(server, `reading pod ${namespace}/${name}`, () => core.readNamespacedPod({ namespace, name }));

  /**
   * The last change of each pod. Changes of the same pod are made one after the other, so that its Vnics don't compete.
   */
  const last = new Map<string, Promise<void>>();
  const runInTurn = async (id: string, work: () => Promise<void>): Promise<void> => {
    const turn = (last.get(id) ?? Promise.resolve()).catch(() => undefined).then(work);
    last.set(id, turn);
    try {
      await turn;
    } finally {
      if (last.get(id) === turn) last.delete(id);
    }
  };

  return {
    findPod: read,

    changePodAnnotation: ({ namespace, name, uid }, annotation, change) => {
      const doing = `changing annotation ${annotation} of pod ${namespace}/${name}`;
      const once = async () => {
        const pod = await read(namespace, name);
        if (!pod || pod.metadata?.uid !== uid) return;
        const text = pod.metadata.annotations?.[annotation];
        const wanted = changed(doing, text, change);
        if (wanted === text) return;
        const { resourceVersion } = pod.metadata;
        const body = { metadata: { uid, resourceVersion, annotations: { [annotation]: wanted ?? null } } };
        await changeVersion(server, doing, () =>
          core.patchNamespacedPod({ namespace, name, body, fieldManager }, patches.merge),
        );
      };
      return runInTurn(`${namespace}/${name}`, () =>
        pRetry(once, {
          retries: tries,
          minTimeout: 20,
          maxTimeout: 500,
          randomize: true,
          shouldRetry: ({ error }) => isVnicError(error, "outdated"),
        }),
      );
    },

    tryPodChange: async ({ namespace, name, uid }) => {
      const body = { metadata: { uid } };
      await call(server, `trying to change pod ${namespace}/${name}`, () =>
        core.patchNamespacedPod({ namespace, name, body, fieldManager, dryRun: "All" }, patches.merge),
      );
    },

    hasDynamicNetworksController: async () => {
      const role = await find<unknown>(server, `reading ClusterRole ${dynamicNetworksRole}`, () =>
        objects.getClusterCustomObject({ ...clusterRoles, name: dynamicNetworksRole }),
      );
      return role !== undefined;
    },
  };
}

/** The annotation's next text. If that can't be made, the error names the annotation. */
function changed(doing: string, text: string | undefined, change: (text: string | undefined) => string | undefined) {
  try {
    return change(text);
  } catch (error) {
    if (!isVnicError(error)) throw error;
    throw new VnicError(error.kind, `${doing}: ${error.message}`, { cause: error });
  }
}
