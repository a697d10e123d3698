import { isVnicError } from "../model/errors.ts";
import {
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
import type { NodeObject } from "../model/node.ts";
import type { PodObject } from "../model/pod.ts";
import { ownerOf, type StoredVnic } from "../model/record.ts";
import { openAttachment } from "./attach.ts";
import type { Cluster } from "./cluster.ts";
import { Connection } from "./connection.ts";
import { call, find } from "./faults.ts";
import type { Access } from "./kubeconfig.ts";
import { tryMilliseconds } from "./retry.ts";

type Client = typeof import("@kubernetes/client-node");

/** The cluster behind a real API server. Loads the Kubernetes client on first use, as it takes a third of a second. */
export async function openCluster(access: Access): Promise<Cluster> {
  const client = await import("@kubernetes/client-node");
  return kubeCluster(client, new Connection(client, access));
}

function kubeCluster(client: Client, server: Connection): Cluster {
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
  const batch = new client.BatchV1Api(configuration);
  const objects = new client.CustomObjectsApi(configuration);

  const vnics = { group, version, plural: "vnics" };
  const patchAs = (type: string) => client.setHeaderOptions("Content-Type", type);
  const apply = patchAs(client.PatchStrategy.ServerSideApply);
  const merge = patchAs(client.PatchStrategy.MergePatch);

  const findVnic = (ref: VnicRef) =>
    find(server, `reading Vnic ${vnicId(ref)}`, () =>
      objects.getNamespacedCustomObject({ ...vnics, ...ref }),
    ) as Promise<StoredVnic | undefined>;

  return {
    findPod: (namespace, name) =>
      find<PodObject>(server, `reading pod ${namespace}/${name}`, () => core.readNamespacedPod({ namespace, name })),
    namespaceExists: async (name) =>
      (await find(server, `reading namespace ${name}`, () => core.readNamespace({ name }))) !== undefined,
    findNode: (name) => find<NodeObject>(server, `reading node ${name}`, () => core.readNode({ name })),

    findVnic,
    listVnics: async (labelSelector) => {
      const list = (await call(server, "listing Vnics", () =>
        objects.listCustomObjectForAllNamespaces({ group, version, resourcePlural: "vnics", labelSelector }),
      )) as { items: StoredVnic[] };
      return list.items;
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
    deleteJob: async (name) => {
      await find(server, `deleting injection Job ${systemNamespace}/${name}`, () =>
        batch.deleteNamespacedJob({ namespace: systemNamespace, name, propagationPolicy: "Background" }),
      );
    },
    attach: (pod, container) => openAttachment(server, systemNamespace, pod, container),
  };
}
