import type { Watched } from "../../../provider/cluster/cluster.ts";
import { vnicId } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { until } from "../../lab/run.ts";
import { metadataOf, newUid, type PodIdentity, runningStatus, specOf } from "./pods.ts";
import { forEachAtOnce, type Rest } from "./rest.ts";

export interface RestartedPod {
  readonly pod: PodIdentity;
  readonly app: string;
}

/** The number of pods that are restarted at once. */
const width = 32;

/**
 * Replaces a pod by one of the same name on another node, as a StatefulSet does, and returns the UID of the new one, which
 * runs at once.
 */
async function restart(rest: Rest, { pod, app }: RestartedPod, node: string): Promise<string> {
  const path = `/api/v1/namespaces/${pod.namespace}/pods`;
  await rest.send("DELETE", `${path}/${pod.name}?gracePeriodSeconds=0`, undefined, [404]);
  const body = { apiVersion: "v1", kind: "Pod", metadata: metadataOf(pod, app), spec: specOf(node) };
  const made = await rest.send<{ metadata: { uid: string } }>("POST", path, body);
  const { uid } = made.metadata;
  await rest.send("PATCH", `${path}/${pod.name}/status`, { status: runningStatus(newUid()) });
  return uid;
}

/** Restarts pods, some at a time, without waiting for their Vnics. Returns the milliseconds that it took. */
export async function restartAll(
  rest: Rest,
  pods: readonly RestartedPod[],
  nodeOf: (pod: PodIdentity) => string,
  onRestarted: (pod: PodIdentity, uid: string) => void = () => undefined,
): Promise<number> {
  const beganAt = performance.now();
  await forEachAtOnce(width, pods, async (one) => onRestarted(one.pod, await restart(rest, one, nodeOf(one.pod))));
  return performance.now() - beganAt;
}

/** How Vnics followed their pods. */
export interface Followed {
  /** From the first restart until the last Vnic was ready in its new pod. */
  readonly milliseconds: number;
  /** From the first restart until the last pod was restarted. */
  readonly restarting: number;
  /** For each Vnic: from when its new pod ran until it was ready there. */
  readonly delays: readonly number[];
  /** Vnics that weren't ready in the end. */
  readonly lost: readonly string[];
}

export interface FollowOptions {
  readonly rest: Rest;
  readonly vnics: Watched<StoredVnic>;
  readonly served: readonly (RestartedPod & { readonly vnic: StoredVnic })[];
  readonly nodeOf: (pod: PodIdentity) => string;
  readonly timeoutSeconds: number;
}

/** Restarts pods and waits until each of their Vnics is ready in the new pod. */
export async function follow({ rest, vnics, served, nodeOf, timeoutSeconds }: FollowOptions): Promise<Followed> {
  const idOf = new Map(served.map(({ pod, vnic }) => [pod, vnicId(vnic.metadata)]));
  const awaited = new Map<string, { readonly uid: string; readonly since: number }>();
  const readyIn = new Map<string, { readonly uid: string; readonly at: number }>();
  const wanted = new Set(idOf.values());
  vnics.onChange((vnic) => {
    const id = vnicId(vnic.metadata);
    const ready = vnic.status?.conditions.find(({ type }) => type === "Ready");
    const uid = vnic.status?.pod?.uid;
    if (!wanted.has(id) || ready?.status !== "True" || uid === undefined || readyIn.get(id)?.uid === uid) return;
    readyIn.set(id, { uid, at: performance.now() });
  });
  const beganAt = performance.now();
  const restarting = await restartAll(rest, served, nodeOf, (pod, uid) =>
    awaited.set(idOf.get(pod) ?? "", { uid, since: performance.now() }),
  );
  const missing = () => [...awaited].filter(([id, { uid }]) => readyIn.get(id)?.uid !== uid).map(([id]) => id);
  await until("all Vnics in their new pods", timeoutSeconds, async () =>
    missing().length === 0 ? true : undefined,
  ).catch(() => undefined);
  const lost = missing();
  const delays = [...awaited].flatMap(([id, { since }]) => {
    const at = readyIn.get(id)?.at;
    return at === undefined || lost.includes(id) ? [] : [Math.max(0, at - since)];
  });
  const lastAt = Math.max(beganAt, ...[...readyIn.values()].map(({ at }) => at));
  return { milliseconds: lastAt - beganAt, restarting, delays, lost };
}
