import type { AppsV1Api } from "@kubernetes/client-node";
import { reconcilerName, setFieldManager, setFinalizer, systemNamespace } from "../model/names.ts";
import { partOfStatefulSet } from "../model/kubernetes/part-of-record.ts";
import type { StoredVnic } from "../model/vnic/record.ts";
import type { StoredVnicSet } from "../model/vnic-set/record.ts";
import type { WorkloadObject } from "../model/vnic-set/selection.ts";
import { find, undefinedIfGone } from "./call.ts";
import type { VnicSetCluster } from "./cluster.ts";
import { type RecordApi, recordCalls } from "./records.ts";
import { listPages } from "./pages.ts";

/** The calls that VnicSets need. */
export function vnicSetCalls(api: RecordApi, apps: AppsV1Api): VnicSetCluster {
  const { server } = api;
  const sets = recordCalls<StoredVnicSet>(api, { kind: "VnicSet", kinds: "VnicSets" });
  const vnics = recordCalls<StoredVnic>(api, { kind: "Vnic", kinds: "Vnics" });
  return {
    findVnicSet: sets.find,
    applyVnicSet: sets.apply,
    applyVnicSetStatus: async (ref, status) =>
      void (await sets.applyStatus(ref, status, setFieldManager).catch(undefinedIfGone)),
    holdVnicSet: (ref, uid) => sets.hold(ref, uid, setFinalizer),
    releaseVnicSet: (ref, uid) => sets.release(ref, uid, setFinalizer),
    deleteVnicSet: async (ref, uid) => void (await sets.delete(ref, uid)),
    adoptMember: (vnic, { metadata }) => {
      const others = (vnic.metadata.ownerReferences ?? []).filter(
        (one) => !(one as { controller?: boolean }).controller,
      );
      return vnics.change(vnic, { ownerReferences: [...others, ...(metadata.ownerReferences ?? [])] });
    },
    applyMember: (record) => vnics.apply(record, { force: true, fieldManager: setFieldManager }),

    findWorkload: (namespace, { kind, name }) => {
      const read = {
        Deployment: () => apps.readNamespacedDeployment({ namespace, name }),
        StatefulSet: () => apps.readNamespacedStatefulSet({ namespace, name }),
        DaemonSet: () => apps.readNamespacedDaemonSet({ namespace, name }),
      }[kind];
      return find<unknown>(server, `reading ${kind} ${namespace}/${name}`, read) as Promise<WorkloadObject | undefined>;
    },
    listStatefulSets: async (namespace) => {
      const { items } = await listPages(
        server,
        `listing StatefulSets of namespace ${namespace}`,
        (page) => apps.listNamespacedStatefulSet({ namespace, ...page }),
        (object) => partOfStatefulSet(object as unknown as WorkloadObject),
      );
      return items;
    },
    findReconciler: async () => {
      const deployment = { namespace: systemNamespace, name: reconcilerName };
      const found = await find(server, `reading Deployment ${systemNamespace}/${reconcilerName}`, () =>
        apps.readNamespacedDeployment(deployment),
      );
      return found && { ready: found.status?.readyReplicas ?? 0 };
    },
  };
}
