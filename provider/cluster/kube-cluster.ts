import { isDeepStrictEqual } from "node:util";
import type { CoreV1Event } from "@kubernetes/client-node";
import { isVnicError, VnicError } from "../base/errors.ts";
import {
  annotations,
  apiVersion,
  fieldManager,
  fieldManagerOf,
  finalizer,
  group,
  systemNamespace,
  version,
  type VnicRef,
  vnicId,
} from "../model/names.ts";
import type { AttachmentDefinition } from "../model/network/attachment-definition.ts";
import type { StoredNetwork } from "../model/network/record.ts";
import type { NamespaceObject } from "../model/kubernetes/namespace.ts";
import type { NodeObject } from "../model/kubernetes/node.ts";
import type { RuntimeClassObject } from "../model/kubernetes/runtime-class.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import { ownerOf, type StoredVnic } from "../model/vnic/record.ts";
import { addressCalls } from "./addresses.ts";
import { openAttachment } from "./attach.ts";
import type { Cluster, VnicSetCluster, WatchedCluster } from "./cluster.ts";
import { Connection } from "./connection.ts";
import { clusterAddressCalls } from "./cluster-addresses.ts";
import { call, find, insteadOfRace } from "./call.ts";
import type { Access } from "./kubeconfig.ts";
import { leaseCalls } from "./leases.ts";
import { tryMilliseconds } from "./retry.ts";
import { withSharedReads } from "./shared-reads.ts";
import { vnicSetCalls } from "./vnic-sets.ts";
import { type List, watcher } from "./watch.ts";

type Client = typeof import("./client.ts");

/** The cluster behind a real API server. Loads the Kubernetes client on first use, as it takes a third of a second. */
export async function openCluster(access: Access): Promise<Cluster & VnicSetCluster> {
  return openWatchedCluster(access);
}

/** Opens a cluster client that can also watch. */
export async function openWatchedCluster(access: Access): Promise<WatchedCluster> {
  const client = await import("./client.ts");
  return withSharedReads(kubeCluster(client, new Connection(client, access)));
}

function kubeCluster(client: Client, server: Connection): WatchedCluster {
  const configuration = client.createConfiguration({
    baseServer: new client.ServerConfiguration(server.server, {}),
    authMethods: { default: server },
    promiseMiddleware: [
      {
        pre: async (request) => {
          request.setSignal(AbortSignal.timeout(tryMilliseconds));
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
  const core = new client.CoreV1Api(configuration);
  const runtimeClasses = { group: "node.k8s.io", version: "v1", plural: "runtimeclasses" };
  const batch = new client.BatchV1Api(configuration);
  const objects = new client.CustomObjectsApi(configuration);

  const vnics = { group, version, plural: "vnics" };
  const networks = { group, version, plural: "vnicnetworks" };
  const attachmentDefinitions = { group: "k8s.cni.cncf.io", version: "v1", plural: "network-attachment-definitions" };
  const patchAs = (type: string) => client.setHeaderOptions("Content-Type", type);
  const apply = patchAs(client.PatchStrategy.ServerSideApply);
  const merge = patchAs(client.PatchStrategy.MergePatch);
  const json = patchAs(client.PatchStrategy.JsonPatch);
  const watch = watcher(client, server);
  const { listVnicSets, ...sets } = vnicSetCalls(server, objects, new client.AppsV1Api(configuration), {
    apply,
    merge,
  });

  const { listAddresses, ...addresses } = addressCalls(server, objects, merge);

  const findVnic = (ref: VnicRef) =>
    find(server, `reading Vnic ${vnicId(ref)}`, () =>
      objects.getNamespacedCustomObject({ ...vnics, ...ref }),
    ) as Promise<StoredVnic | undefined>;

  const listAllVnics = (selected: { labelSelector?: string }) =>
    call(server, "listing Vnics", () =>
      objects.listCustomObjectForAllNamespaces({ group, version, resourcePlural: "vnics", ...selected }),
    ) as Promise<List<StoredVnic>>;

  return {
    findPod: (namespace, name) =>
      find<PodObject>(server, `reading pod ${namespace}/${name}`, () => core.readNamespacedPod({ namespace, name })),
    findNamespace: (name) =>
      find<NamespaceObject>(server, `reading namespace ${name}`, () => core.readNamespace({ name })),
    findRuntimeClass: (name) =>
      find<RuntimeClassObject>(server, `reading RuntimeClass ${name}`, () =>
        objects.getClusterCustomObject({ ...runtimeClasses, name }),
      ),
    findNode: (name) => find<NodeObject>(server, `reading node ${name}`, () => core.readNode({ name })),

    findVnic,
    listVnics: async (labelSelector, namespace) => {
      if (namespace === undefined) return (await listAllVnics({ labelSelector })).items;
      const list: unknown = await call(server, `listing Vnics in namespace ${namespace}`, () =>
        objects.listNamespacedCustomObject({ ...vnics, namespace, labelSelector }),
      );
      return (list as List<StoredVnic>).items;
    },
    listVnicsIn: async (namespace, limit) => {
      const list: unknown = await call(server, `listing Vnics in namespace ${namespace}`, () =>
        objects.listNamespacedCustomObject({ ...vnics, namespace, limit }),
      );
      return (list as List<StoredVnic>).items;
    },
    applyVnic: async (record, { force }) => {
      const { namespace, name } = record.metadata;
      const params = { ...vnics, namespace, name, body: record, fieldManager: fieldManagerOf(ownerOf(record)), force };
      return (await call(server, `applying Vnic ${vnicId(record.metadata)}`, () =>
        objects.patchNamespacedCustomObject(params, apply),
      )) as StoredVnic;
    },
    applyVnicStatus: async (ref, status) => {
      const body = { apiVersion, kind: "Vnic", metadata: ref, status };
      await call(server, `applying the status of Vnic ${vnicId(ref)}`, () =>
        objects.patchNamespacedCustomObjectStatus({ ...vnics, ...ref, body, fieldManager, force: true }, apply),
      );
    },
    changeVnic: async ({ metadata: { namespace, name, uid, resourceVersion } }, change) => {
      // A UID in a patch is a precondition, like the resource version.
      const body: object = { metadata: { ...change, uid, resourceVersion } };
      const doing = `changing Vnic ${namespace}/${name}`;
      const outdated = new VnicError("outdated", `${doing}: it was changed by somebody else meanwhile`);
      const changed: unknown = await find(server, doing, () =>
        objects
          .patchNamespacedCustomObject({ ...vnics, namespace, name, body, fieldManager }, merge)
          .catch(insteadOfRace(outdated)),
      );
      if (!changed) throw outdated;
      return changed as StoredVnic;
    },
    swapVnicAnnotation: async (ref, annotation, was, is) => {
      const path = `/metadata/annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const then = is === undefined ? { op: "remove", path } : { op: "replace", path, value: is };
      const body = [{ op: "test", path, value: was }, then];
      try {
        const swapped: unknown = await find(server, `changing Vnic ${vnicId(ref)}`, () =>
          objects.patchNamespacedCustomObject({ ...vnics, ...ref, body, fieldManager }, json),
        );
        return swapped !== undefined;
      } catch (error) {
        if (isVnicError(error, "outdated")) return false;
        throw error;
      }
    },
    changeVnicStatus: async (ref, uid, change) => {
      // Read for each try, as another writer may come between.
      await find(server, `changing the status of Vnic ${vnicId(ref)}`, async () => {
        const params = { ...vnics, ...ref, fieldManager };
        // A patch that changes nothing answers with what is there.
        const nothing = { ...params, body: { metadata: { uid } } };
        const record = (await objects.patchNamespacedCustomObjectStatus(nothing, merge)) as StoredVnic;
        const status = record.status && change(record.status);
        if (!status || isDeepStrictEqual(status, record.status)) return;
        const metadata = { ...ref, uid, resourceVersion: record.metadata.resourceVersion };
        const body = { apiVersion, kind: "Vnic", metadata, status };
        await objects.patchNamespacedCustomObjectStatus({ ...params, body, force: true }, apply);
      });
    },
    deleteVnic: async (ref, uid) => {
      try {
        await find(server, `deleting Vnic ${vnicId(ref)}`, () =>
          objects.deleteNamespacedCustomObject({ ...vnics, ...ref, body: { preconditions: { uid } } }),
        );
      } catch (error) {
        // Another record stands there now: the one meant is gone.
        if (!isVnicError(error, "conflict")) throw error;
      }
    },
    releaseVnic: async (ref, uid) => {
      // Read for each try: the patch is of the record as it was then, and another writer may come between.
      await find(server, `releasing Vnic ${vnicId(ref)}`, async () => {
        const { metadata } = (await objects.getNamespacedCustomObject({ ...vnics, ...ref })) as StoredVnic;
        if (metadata.uid !== uid) return;
        const finalizers = metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
        const body = { metadata: { finalizers, resourceVersion: metadata.resourceVersion } };
        await objects.patchNamespacedCustomObject({ ...vnics, ...ref, body, fieldManager }, merge);
      });
    },

    findNetwork: (name) =>
      find(server, `reading VnicNetwork ${name}`, () =>
        objects.getClusterCustomObject({ ...networks, name }),
      ) as Promise<StoredNetwork | undefined>,
    applyNetwork: async (record, { force }) => {
      const { name, annotations: notes } = record.metadata;
      const params = {
        ...networks,
        name,
        body: record,
        fieldManager: fieldManagerOf(notes?.[annotations.owner]),
        force,
      };
      return (await call(server, `applying VnicNetwork ${name}`, () =>
        objects.patchClusterCustomObject(params, apply),
      )) as StoredNetwork;
    },
    finalizeNetwork: async ({ metadata: { name, uid, resourceVersion } }, finalizers) => {
      const body: object = { metadata: { finalizers, uid, resourceVersion } };
      try {
        await find(server, `keeping VnicNetwork ${name}`, () =>
          objects.patchClusterCustomObject({ ...networks, name, body, fieldManager }, merge),
        );
      } catch (error) {
        if (!isVnicError(error, "conflict")) throw error;
      }
    },
    deleteNetwork: async (name, uid) => {
      try {
        await find(server, `deleting VnicNetwork ${name}`, () =>
          objects.deleteClusterCustomObject({ ...networks, name, body: { preconditions: { uid } } }),
        );
      } catch (error) {
        if (!isVnicError(error, "conflict")) throw error;
      }
    },
    findAttachmentDefinition: (ref) =>
      find(server, `reading NetworkAttachmentDefinition ${vnicId(ref)}`, () =>
        objects.getNamespacedCustomObject({ ...attachmentDefinitions, ...ref }),
      ) as Promise<AttachmentDefinition | undefined>,

    ...clusterAddressCalls(server, core, objects),

    createEvent: async (event) => {
      const { namespace } = event.metadata;
      try {
        await call(server, `telling of ${event.involvedObject.kind} ${namespace}/${event.involvedObject.name}`, () =>
          core.createNamespacedEvent({ namespace, body: event as unknown as CoreV1Event }),
        );
      } catch (error) {
        if (!isVnicError(error, "conflict")) throw error;
      }
    },

    createJob: async (job) => {
      const { namespace, name } = job.metadata;
      try {
        // The cast: the client's types want mutable arrays.
        const body = job as unknown as Parameters<typeof batch.createNamespacedJob>[0]["body"];
        await call(server, `creating injection Job ${namespace}/${name}`, () =>
          batch.createNamespacedJob({ namespace, body }),
        );
      } catch (error) {
        // The name is this session's alone, so the Job is ours: an earlier answer was lost.
        if (!isVnicError(error, "conflict")) throw error;
      }
    },
    findJobPod: async (job) => {
      const list = await call(server, `looking for the pod of injection Job ${systemNamespace}/${job}`, () =>
        core.listNamespacedPod({
          namespace: systemNamespace,
          labelSelector: `batch.kubernetes.io/job-name=${job}`,
          resourceVersion: "0",
        }),
      );
      return list.items[0];
    },
    listSystemEvents: async (name) => {
      const list = await call(server, `listing the events of ${systemNamespace}/${name}`, () =>
        core.listNamespacedEvent({ namespace: systemNamespace, fieldSelector: `involvedObject.name=${name}` }),
      );
      const time = ({ lastTimestamp, eventTime }: CoreV1Event) => Number(lastTimestamp ?? eventTime ?? 0);
      return list.items.toSorted((one, other) => time(one) - time(other));
    },
    deleteJob: async (name) => {
      await find(server, `deleting injection Job ${systemNamespace}/${name}`, () =>
        batch.deleteNamespacedJob({ namespace: systemNamespace, name, propagationPolicy: "Background" }),
      );
    },
    attach: (pod, container) => openAttachment(server, systemNamespace, pod, container),

    ...addresses,
    watchAddresses: () => watch(`/apis/${apiVersion}/vnicaddresses`, listAddresses),
    watchVnics: () => watch(`/apis/${apiVersion}/vnics`, () => listAllVnics({})),
    watchPods: () =>
      watch<PodObject>("/api/v1/pods", () =>
        call(server, "listing pods", () => core.listPodForAllNamespaces({ resourceVersion: "0" })),
      ),
    watchVnicSets: () => watch(`/apis/${apiVersion}/vnicsets`, listVnicSets),
    ...sets,
    ...leaseCalls(server, new client.CoordinationV1Api(configuration), client.V1MicroTime),
  };
}
