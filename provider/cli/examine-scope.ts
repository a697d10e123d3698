import pLimit from "p-limit";
import { isVnicError } from "../base/errors.ts";
import { memoize } from "../base/memoize.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import { isObjectName, parseVnicId } from "../model/names.ts";
import { namesNetwork } from "../model/network/reference.ts";
import { isRealised } from "../model/vnic/pending.ts";
import { placementOf, type StoredVnic } from "../model/vnic/record.ts";

/** Which Vnics to examine; all if nothing is given. */
export interface VnicScope {
  readonly node?: string;
  readonly network?: string;
  /** `<namespace>/<name>`. */
  readonly pod?: string;
}

const concurrentReads = 8;

/**
 * Selects Vnics by their node, network and pod. A Vnic that isn't ready may have no node in its record, or a former one,
 * so the node of its pod counts as well.
 */
export async function selectVnics(
  api: Pick<RawApi, "get">,
  vnics: readonly StoredVnic[],
  { node, network, pod }: VnicScope,
): Promise<StoredVnic[]> {
  const only = pod === undefined ? undefined : parseVnicId(pod);
  const selected = vnics.filter(
    ({ metadata, spec }) =>
      (network === undefined || namesNetwork(spec.network, network)) &&
      (only === undefined || (metadata.namespace === only.namespace && spec.pod.name === only.name)),
  );
  if (node === undefined) return selected;
  const limit = pLimit(concurrentReads);
  const mayRunOn = memoize((path: string) => limit(() => mayPodRunOn(api, path, node)));
  const matches = await Promise.all(
    selected.map(async (record) => {
      if (placementOf(record)?.node === node) return true;
      const { metadata, spec } = record;
      if (isRealised(record) || !isObjectName(spec.pod.name)) return false;
      return mayRunOn(`/api/v1/namespaces/${metadata.namespace}/pods/${spec.pod.name}`);
    }),
  );
  return selected.filter((_, index) => matches[index]);
}

/** Whether the pod is on that node. True also if we may not read the pod, so that no fault is hidden. */
async function mayPodRunOn(api: Pick<RawApi, "get">, path: string, node: string): Promise<boolean> {
  try {
    return (await api.get<PodObject>(path))?.spec?.nodeName === node;
  } catch (error) {
    if (isVnicError(error, "forbidden")) return true;
    throw error;
  }
}
