/*
 * Replaces the engine's Kubernetes plugin on machines that can't download that plugin. It applies each object to the
 * real API server by server-side apply, waits for readiness if the kind has it, and deletes objects. It doesn't know
 * schemas or autonaming, reads nothing on refresh, and uses only the cluster of KUBECONFIG.
 */
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import * as client from "@kubernetes/client-node";
import * as pulumiProvider from "@pulumi/pulumi/provider/index.js";

interface KubernetesObject extends client.KubernetesObject {
  readonly metadata: client.V1ObjectMeta & { name: string };
  readonly spec?: { readonly replicas?: number };
  readonly status?: Readonly<Record<string, unknown>>;
}

/** The state of an object: as in the cluster, and as requested. */
type State = KubernetesObject & { readonly __inputs: KubernetesObject };

const waitSeconds = 150;

const config = new client.KubeConfig();
config.loadFromDefault();
const api = client.KubernetesObjectApi.makeApiClient(config);

const nameOf = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;

async function find(object: KubernetesObject): Promise<KubernetesObject | undefined> {
  try {
    return await api.read<KubernetesObject>(object);
  } catch (error) {
    if ((error as { code?: number }).code === 404) return undefined;
    throw error;
  }
}

async function apply(object: KubernetesObject): Promise<State> {
  const { ServerSideApply } = client.PatchStrategy;
  await api.patch(object, undefined, undefined, "pulumi-kubernetes", true, ServerSideApply);
  for (let left = waitSeconds * 2; left > 0; left--) {
    const live = await find(object);
    if (live && isReady(live)) return { ...(JSON.parse(JSON.stringify(live)) as KubernetesObject), __inputs: object };
    await sleep(500);
  }
  throw new Error(`${nameOf(object)} isn't ready after ${waitSeconds} s`);
}

function isReady({ kind, metadata, spec, status = {} }: KubernetesObject): boolean {
  const conditions = (status["conditions"] ?? []) as { type: string; status: string }[];
  const isSeen = Number(status["observedGeneration"] ?? 0) >= (metadata.generation ?? 0);
  switch (kind ?? "") {
    case "CustomResourceDefinition":
      return conditions.some(({ type, status }) => type === "Established" && status === "True");
    case "Deployment":
    case "StatefulSet":
      return isSeen && Number(status["readyReplicas"] ?? 0) >= (spec?.replicas ?? 1);
    case "DaemonSet":
      return isSeen && Number(status["numberReady"] ?? 0) >= Number(status["desiredNumberScheduled"] ?? 0);
    default:
      return true;
  }
}

async function remove(object: KubernetesObject): Promise<void> {
  for (let left = waitSeconds * 2; left > 0; left--) {
    const live = await find(object);
    if (!live) return;
    if (!live.metadata.deletionTimestamp) await api.delete(object).catch(() => undefined);
    await sleep(500);
  }
  throw new Error(`${nameOf(object)} isn't gone after ${waitSeconds} s`);
}

const provider: pulumiProvider.Provider = {
  version: "4.34.2",
  check: async (_urn, _olds, news: KubernetesObject) => ({ inputs: news }),
  diff: async (_id, _urn, { __inputs: olds }: State, news: KubernetesObject) => ({
    changes: !isDeepStrictEqual(olds, news),
    replaces: nameOf(olds) === nameOf(news) ? [] : ["metadata"],
    deleteBeforeReplace: true,
  }),
  create: async (_urn, inputs: KubernetesObject) => ({ id: nameOf(inputs), outs: await apply(inputs) }),
  update: async (_id, _urn, _olds, news: KubernetesObject) => ({ outs: await apply(news) }),
  delete: async (_id, _urn, { __inputs }: State) => remove(__inputs),
};

await pulumiProvider.main(provider, process.argv.slice(2));
