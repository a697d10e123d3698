import type { AppsV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { isVnicError } from "../base/errors.ts";
import {
  apiVersion,
  fieldManagerOf,
  group,
  reconcilerName,
  setFieldManager,
  systemNamespace,
  version,
  vnicId,
} from "../model/names.ts";
import { ownerOf, type StoredVnic } from "../model/vnic/record.ts";
import type { StoredVnicSet } from "../model/vnic-set/record.ts";
import type { WorkloadObject } from "../model/vnic-set/selection.ts";
import type { VnicSetCluster } from "./cluster.ts";
import { type ApiServer, call, find } from "./call.ts";
import type { List } from "./watch.ts";

/** Options of a request that say which kind of patch its body is. */
interface Patches {
  readonly apply: NonNullable<Parameters<CustomObjectsApi["patchNamespacedCustomObject"]>[1]>;
  readonly merge: NonNullable<Parameters<CustomObjectsApi["patchNamespacedCustomObject"]>[1]>;
}

/** The part of a cluster that VnicSets need. */
export function vnicSetCalls(
  server: ApiServer,
  objects: CustomObjectsApi,
  apps: AppsV1Api,
  { apply, merge }: Patches,
): VnicSetCluster & { listVnicSets(): Promise<List<StoredVnicSet>> } {
  const sets = { group, version, plural: "vnicsets" };
  return {
    findVnicSet: (ref) =>
      find(server, `reading VnicSet ${vnicId(ref)}`, () =>
        objects.getNamespacedCustomObject({ ...sets, ...ref }),
      ) as Promise<StoredVnicSet | undefined>,
    listVnicSets: () =>
      call(server, "listing VnicSets", () =>
        objects.listCustomObjectForAllNamespaces({ group, version, resourcePlural: "vnicsets" }),
      ) as Promise<List<StoredVnicSet>>,
    applyVnicSet: async (record, { force }) => {
      const { namespace, name } = record.metadata;
      const fieldManager = fieldManagerOf(ownerOf(record));
      return (await call(server, `applying VnicSet ${vnicId(record.metadata)}`, () =>
        objects.patchNamespacedCustomObject({ ...sets, namespace, name, body: record, fieldManager, force }, apply),
      )) as StoredVnicSet;
    },
    applyVnicSetStatus: async ({ namespace, name }, status) => {
      const body = { apiVersion, kind: "VnicSet", metadata: { namespace, name }, status };
      const params = { ...sets, namespace, name, body, fieldManager: setFieldManager, force: true };
      await find(server, `applying the status of VnicSet ${namespace}/${name}`, () =>
        objects.patchNamespacedCustomObjectStatus(params, apply),
      );
    },
    setVnicSetFinalizers: async ({ metadata }, finalizers) => {
      const { namespace, name, uid, resourceVersion } = metadata;
      const body = { metadata: { finalizers, uid, resourceVersion } };
      await find(server, `changing the finalizers of VnicSet ${namespace}/${name}`, () =>
        objects.patchNamespacedCustomObject({ ...sets, namespace, name, body }, merge),
      );
    },
    deleteVnicSet: async (ref, uid) => {
      try {
        await find(server, `deleting VnicSet ${vnicId(ref)}`, () =>
          objects.deleteNamespacedCustomObject({ ...sets, ...ref, body: { preconditions: { uid } } }),
        );
      } catch (error) {
        // Another record stands there now: the one meant is gone.
        if (!isVnicError(error, "conflict")) throw error;
      }
    },
    applyMember: async (record) => {
      const { namespace, name } = record.metadata;
      const params = { group, version, plural: "vnics", namespace, name, body: record };
      return (await call(server, `applying Vnic ${vnicId(record.metadata)}`, () =>
        objects.patchNamespacedCustomObject({ ...params, fieldManager: setFieldManager, force: true }, apply),
      )) as StoredVnic;
    },

    findWorkload: (namespace, { kind, name }) => {
      const read = {
        Deployment: () => apps.readNamespacedDeployment({ namespace, name }),
        StatefulSet: () => apps.readNamespacedStatefulSet({ namespace, name }),
        DaemonSet: () => apps.readNamespacedDaemonSet({ namespace, name }),
      }[kind];
      return find<unknown>(server, `reading ${kind} ${namespace}/${name}`, read) as Promise<WorkloadObject | undefined>;
    },
    listStatefulSets: async (namespace) => {
      const { items } = await call(server, `listing StatefulSets of namespace ${namespace}`, () =>
        apps.listNamespacedStatefulSet({ namespace }),
      );
      return items as unknown as WorkloadObject[];
    },
    findReconciler: async () => {
      const place = { namespace: systemNamespace, name: reconcilerName };
      const found = await find(server, `reading Deployment ${systemNamespace}/${reconcilerName}`, () =>
        apps.readNamespacedDeployment(place),
      );
      return found && { ready: found.status?.readyReplicas ?? 0 };
    },
  };
}
