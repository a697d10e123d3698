import type { CoreV1Event } from "@kubernetes/client-node";
import { SharedValues } from "../base/shared-values.ts";
import { agentComponent, apiVersion, labels, systemNamespace } from "../model/names.ts";
import type { NamespaceObject } from "../model/kubernetes/namespace.ts";
import type { NodeObject } from "../model/kubernetes/node.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import type { RuntimeClassObject } from "../model/kubernetes/runtime-class.ts";
import { partOfPod } from "../model/kubernetes/part-of-pod.ts";
import { partOfRecord } from "../model/kubernetes/part-of-record.ts";
import { addressCalls } from "./addresses.ts";
import { openAttachment } from "./attach.ts";
import type { Cluster, Leases, VnicSetCluster, WatchedCluster } from "./cluster.ts";
import { Connection } from "./connection.ts";
import { clusterAddressCalls } from "./cluster-addresses.ts";
import { call, create, find } from "./call.ts";
import type { Access } from "./kubeconfig.ts";
import { leaseCalls } from "./leases.ts";
import { networkCalls } from "./networks.ts";
import { type List, listPages, type PageQuery } from "./pages.ts";
import { podCalls } from "./pods.ts";
import type { RecordApi } from "./records.ts";
import { leaseTryMilliseconds, tryMilliseconds } from "./retry.ts";
import { withSharedReads } from "./shared-reads.ts";
import { vnicSetCalls } from "./vnic-sets.ts";
import { vnicCalls } from "./vnics.ts";
import { rawRequest, textWithin } from "./raw-request.ts";
import { watcher } from "./watch.ts";

type Client = typeof import("./client.ts");

/**
 * Opens a client for a real API server. Loads the Kubernetes client on first use, because that takes a third of a
 * second.
 */
export async function openCluster(access: Access): Promise<Cluster & VnicSetCluster> {
  return openWatchedCluster(access);
}

/**
 * Opens a cluster client that can also watch. `onOverload` is called whenever the API server refuses a request because it
 * has too many; the request is tried again nevertheless.
 */
export async function openWatchedCluster(access: Access, onOverload?: () => void): Promise<WatchedCluster> {
  const client = await import("./client.ts");
  return withSharedReads(kubeCluster(client, new Connection(client, access, onOverload)));
}

/** Opens the Leases of a cluster over a connection of their own. */
export async function openLeases(access: Access): Promise<Leases> {
  const client = await import("./client.ts");
  const server = new Connection(client, access);
  const coordination = new client.CoordinationV1Api(configure(client, server, leaseTryMilliseconds));
  return leaseCalls(server, coordination, client.V1MicroTime);
}

/** The configuration of API clients; each try of a request has that time limit. */
function configure(client: Client, server: Connection, timeoutMilliseconds: number) {
  return client.createConfiguration({
    baseServer: new client.ServerConfiguration(server.server, {}),
    authMethods: { default: server },
    promiseMiddleware: [
      {
        pre: async (request) => {
          request.setSignal(AbortSignal.timeout(timeoutMilliseconds));
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
}

function kubeCluster(client: Client, server: Connection): WatchedCluster {
  const configuration = configure(client, server, tryMilliseconds);
  const core = new client.CoreV1Api(configuration);
  const runtimeClasses = { group: "node.k8s.io", version: "v1", plural: "runtimeclasses" };
  const batch = new client.BatchV1Api(configuration);
  const objects = new client.CustomObjectsApi(configuration);

  const patchAs = (type: string) => client.setHeaderOptions("Content-Type", type);
  const api: RecordApi = {
    server,
    objects,
    patches: {
      apply: patchAs(client.PatchStrategy.ServerSideApply),
      merge: patchAs(client.PatchStrategy.MergePatch),
      json: patchAs(client.PatchStrategy.JsonPatch),
    },
  };
  const watch = watcher(client, server);
  const send = rawRequest(client, server);
  /** Lists and watches by the same path, so that both have objects as the API server writes them. */
  const watchAll = <T extends object>(kinds: string, path: string, keep: (object: T) => T) => {
    const readPage = async ({ limit, _continue }: PageQuery, maxBytes: number) => {
      const query = new URLSearchParams({ limit: `${limit}`, ...(_continue ? { continue: _continue } : {}) });
      const text = await textWithin(send("GET", `${path}?${query.toString()}`), maxBytes);
      return text === undefined ? undefined : { ...(JSON.parse(text) as List<T>), characters: text.length };
    };
    return watch(path, () => listPages(server, `listing ${kinds}`, readPage, keep), keep);
  };

  return {
    ...podCalls(server, core, objects, api.patches),
    findNamespace: (name) =>
      find<NamespaceObject>(server, `reading namespace ${name}`, () => core.readNamespace({ name })),
    findRuntimeClass: (name) =>
      find<RuntimeClassObject>(server, `reading RuntimeClass ${name}`, () =>
        objects.getClusterCustomObject({ ...runtimeClasses, name }),
      ),
    findNode: (name) => find<NodeObject>(server, `reading node ${name}`, () => core.readNode({ name })),

    ...vnicCalls(api),
    ...vnicSetCalls(api, new client.AppsV1Api(configuration)),
    ...networkCalls(api),
    ...addressCalls(api),
    ...clusterAddressCalls(server, core, objects),

    createEvent: async (event) => {
      const { namespace } = event.metadata;
      const { kind, name } = event.involvedObject;
      await create(server, `creating an event for ${kind} ${namespace}/${name}`, () =>
        core.createNamespacedEvent({ namespace, body: event as unknown as CoreV1Event }),
      );
    },

    createJob: async (job) => {
      const { namespace, name } = job.metadata;
      // Cast, because the client's types have mutable arrays.
      const body = job as unknown as Parameters<typeof batch.createNamespacedJob>[0]["body"];
      // Only this session uses the name, so an existing Job is ours, and the response to its creation was lost.
      await create(server, `creating injection Job ${namespace}/${name}`, () =>
        batch.createNamespacedJob({ namespace, body }),
      );
    },
    findJobPod: async (job) => {
      const list = await call(server, `finding the pod of injection Job ${systemNamespace}/${job}`, () =>
        core.listNamespacedPod({
          namespace: systemNamespace,
          labelSelector: `batch.kubernetes.io/job-name=${job}`,
          resourceVersion: "0",
          limit: 1,
        }),
      );
      return list.items[0];
    },
    findAgentPod: async (node) => {
      const { items } = await listPages(server, `finding the node agent of node ${node}`, (page) =>
        core.listNamespacedPod({
          namespace: systemNamespace,
          labelSelector: `${labels.component}=${agentComponent}`,
          fieldSelector: `spec.nodeName=${node}`,
          ...page,
        }),
      );
      return items.find(({ metadata }) => !metadata?.deletionTimestamp) ?? items[0];
    },
    listSystemEvents: async (name) => {
      const { items } = await listPages(server, `listing the events of ${systemNamespace}/${name}`, (page) =>
        core.listNamespacedEvent({ namespace: systemNamespace, fieldSelector: `involvedObject.name=${name}`, ...page }),
      );
      const time = ({ lastTimestamp, eventTime }: CoreV1Event) => Number(lastTimestamp ?? eventTime ?? 0);
      return items.toSorted((one, other) => time(one) - time(other));
    },
    deleteJob: async (name) => {
      await find(server, `deleting injection Job ${systemNamespace}/${name}`, () =>
        batch.deleteNamespacedJob({ namespace: systemNamespace, name, propagationPolicy: "Background" }),
      );
    },
    attach: (pod, container) => openAttachment(server, systemNamespace, pod, container),

    watchAddresses: () => watchAll("VnicAddresses", `/apis/${apiVersion}/vnicaddresses`, partOfRecord),
    watchVnics: () => watchAll("Vnics", `/apis/${apiVersion}/vnics`, partOfRecord),
    watchPods: () => {
      const shared = new SharedValues();
      return watchAll<PodObject>("pods", "/api/v1/pods", (pod) => partOfPod(pod, shared));
    },
    watchVnicSets: () => watchAll("VnicSets", `/apis/${apiVersion}/vnicsets`, partOfRecord),
  };
}
