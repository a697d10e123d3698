import pLimit from "p-limit";
import { isVnicError } from "../base/errors.ts";
import type { Cluster, VnicSetCluster } from "../cluster/cluster.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import { Claims, driverName } from "../lifecycle/claim.ts";
import { Deadline } from "../lifecycle/deadline.ts";
import { eject } from "../lifecycle/eject.ts";
import { releaseIfUnused } from "../lifecycle/network/usage.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import { apiVersion } from "../model/names.ts";

/** A record of any of our kinds. */
export interface AnyRecord {
  readonly kind: "VnicSet" | "Vnic" | "VnicNetwork";
  readonly path: string;
  readonly words: string;
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly finalizers?: readonly string[];
  };
}

export interface Uninstaller {
  readonly api: RawApi;
  readonly cluster: Cluster & VnicSetCluster;
  readonly image: string;
  /** Prints progress. */
  readonly report: (words: string) => void;
}

const recordSeconds = 120;
/** How long records may stay after their Vnics are removed. Kubernetes' own controllers remove their finalizers soon. */
const goneSeconds = 10;

/** Reads all records in the order in which they can be deleted: VnicSets own Vnics, and Vnics use VnicNetworks. */
export async function readRecords(api: RawApi): Promise<AnyRecord[]> {
  const kinds = ["VnicSet", "Vnic", "VnicNetwork"] as const;
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const plural = `${kind.toLowerCase()}s`;
      const list = await api
        .get<{ items: Pick<AnyRecord, "metadata">[] }>(`/apis/${apiVersion}/${plural}`)
        .catch((error: unknown) => {
          // Without the CRD there are no records.
          if (isVnicError(error, "notInstalled")) return undefined;
          throw error;
        });
      return (list?.items ?? []).map(({ metadata }): AnyRecord => {
        const within = kind === "VnicNetwork" ? "" : `/namespaces/${metadata.namespace}`;
        const id = kind === "VnicNetwork" ? metadata.name : `${metadata.namespace}/${metadata.name}`;
        return {
          kind,
          path: `/apis/${apiVersion}${within}/${plural}/${metadata.name}`,
          words: `${kind} ${id}`,
          metadata,
        };
      });
    }),
  );
  return lists.flat();
}

/** Deletes records, and removes each Vnic from its node first. Works with and without a reconciler. */
export async function deleteRecords(
  { api, cluster, image, report }: Uninstaller,
  records: readonly AnyRecord[],
): Promise<void> {
  const ofKind = (kind: AnyRecord["kind"]) => records.filter((record) => record.kind === kind);
  const sessions = new SessionPool(cluster, { image });
  const driver = {
    cluster,
    sessions,
    claims: new Claims(driverName("pulumi-vnic uninstall")),
    report: () => undefined,
  };
  const limit = pLimit(16);
  try {
    for (const { metadata, path, words } of ofKind("VnicSet")) {
      await api.delete(path);
      // The set's finalizer waits until its Vnics are gone; they are deleted below.
      const set = await cluster.findVnicSet(metadata);
      if (set) await cluster.releaseVnicSet(metadata, set.metadata.uid);
      report(`deleted ${words}`);
    }
    // A reconciler may have created another Vnic of a set in the meantime.
    const vnics = (await readRecords(api)).filter(({ kind }) => kind === "Vnic");
    await Promise.all(
      vnics.map(({ metadata, words }) =>
        limit(async () => {
          const ref = { namespace: metadata.namespace, name: metadata.name };
          await eject(driver, ref, { uid: metadata.uid }, new Deadline(`deleting ${words}`, recordSeconds));
          report(`deleted ${words}`);
        }),
      ),
    );
  } finally {
    await sessions.close();
  }
  await awaitRecordsGone(api);
  for (const { metadata, path, words } of ofKind("VnicNetwork")) {
    await api.delete(path);
    // A record whose finalizer somebody has removed left the network's behind.
    await releaseIfUnused(cluster, metadata.name);
    await awaitGone(api, path, words);
    report(`deleted ${words}`);
  }
}

/**
 * Waits until all Vnics and VnicSets are gone. Whoever may write a record may give it a finalizer, which would keep the CRDs when all
 * else is removed already.
 */
async function awaitRecordsGone(api: RawApi): Promise<void> {
  const deadline = new Deadline("deleting all records", goneSeconds);
  for (;;) {
    const left = (await readRecords(api)).filter(({ kind }) => kind !== "VnicNetwork");
    if (left.length === 0) return;
    const some = left
      .slice(0, 5)
      .map(({ words, metadata }) => `${words} (${metadata.finalizers?.join(", ") ?? "none"})`);
    await deadline.wait(200, `those that finalizers keep, ${left.length} in all, to be gone: ${some.join(", ")}`);
  }
}

/** Waits until an object is gone; finalizers may delay that. */
export async function awaitGone(api: RawApi, path: string, words: string): Promise<void> {
  const deadline = new Deadline(`deleting ${words}`, recordSeconds);
  while ((await api.get(path).catch(undefinedIfUnknownKind)) !== undefined)
    await deadline.wait(200, `${words} to be gone`);
}

function undefinedIfUnknownKind(error: unknown): undefined {
  if (isVnicError(error, "notInstalled")) return undefined;
  throw error;
}
