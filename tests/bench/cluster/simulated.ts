import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Watched } from "../../../provider/cluster/cluster.ts";
import { Connection } from "../../../provider/cluster/connection.ts";
import { type List, listPages } from "../../../provider/cluster/pages.ts";
import { jsonOf, rawRequest } from "../../../provider/cluster/raw-request.ts";
import { watcher } from "../../../provider/cluster/watch.ts";
import { apiVersion, reconcilerName, systemNamespace, userOfAccount } from "../../../provider/model/names.ts";
import type { StoredVnic } from "../../../provider/model/vnic/record.ts";
import { type ApiServer, startApiServer } from "../../support/api/server.ts";
import { serviceAccountKubeconfig } from "../../support/cluster.ts";
import { type AuditSummary, summarizeAudit } from "./audit.ts";
import { fillEtcd } from "./etcd.ts";
import type { Delays } from "./node-work.ts";
import {
  namespaceObjects,
  nodeObjects,
  otherPodObjects,
  othersOf,
  servedObjects,
  type ServedPod,
  servedPods,
  setObjects,
  teamsOf,
} from "./population.ts";
import { Rest } from "./rest.ts";
import type { ClusterSizes } from "./sizes.ts";
import { type JobObject, StandInNodes } from "./stand-in-nodes.ts";

/** A cluster without machines: a real API server and etcd, with many objects, and stand-ins for all kubelets. */
export interface SimulatedCluster {
  readonly folder: string;
  readonly api: ApiServer;
  readonly rest: Rest;
  readonly nodes: StandInNodes;
  readonly served: readonly ServedPod[];
  readonly vnics: Watched<StoredVnic>;
  /** Kubeconfig of the reconciler's account, with its rights alone. */
  readonly kubeconfig: string;
  /** Forgets the reconciler's requests so far. */
  forgetRequests(): Promise<void>;
  /** The reconciler's requests, since they were forgotten last. */
  requests(): Promise<AuditSummary>;
  stop(): Promise<void>;
}

/** Only the reconciler's requests are logged, because each entry takes the API server's time. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", users: [userOfAccount(reconcilerName)] }, { level: "None" }],
};

export async function simulateCluster(sizes: ClusterSizes, delays: Delays): Promise<SimulatedCluster> {
  const folder = await mkdtemp(join(tmpdir(), "vnic-bench-cluster-"));
  const [policy, audit] = [join(folder, "policy.json"), join(folder, "audit.log")];
  await writeFile(policy, JSON.stringify(auditPolicy));
  const api = await startApiServer({
    etcdFlags: ["--quota-backend-bytes=8000000000"],
    flags: [
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${audit}`,
      // In megabytes; by default, the file is renamed after 100.
      "--audit-log-maxsize=10000",
      // Otherwise, it would speak SPDY to kubelets; the stand-in speaks WebSocket alone.
      "--feature-gates=TranslateStreamCloseWebsocketRequests=false",
      "--kubelet-preferred-address-types=InternalIP",
    ],
    standing: ["policies", "reconciler"],
  });
  const nodes = await StandInNodes.start(delays, api.proxied);
  const served = servedPods(sizes);
  await fillEtcd(api.etcd, namespaceObjects([...teamsOf(sizes), ...othersOf(sizes)]));
  await fillEtcd(api.etcd, nodeObjects(sizes, nodes.port));
  await fillEtcd(api.etcd, setObjects(sizes));
  for (const one of served) await fillEtcd(api.etcd, servedObjects(one));
  await fillEtcd(api.etcd, otherPodObjects(sizes));
  for (const [node, its] of Map.groupBy(served, ({ pod }) => pod.node))
    nodes.put(
      node,
      its.map(({ pod, vnic: { metadata, status } }) => {
        const { uid, namespace, name } = metadata;
        if (!status?.interface) throw new Error(`Vnic ${name} isn't attached`);
        return { vnic: { uid, namespace, name }, podUid: pod.uid, live: status.interface };
      }),
    );

  const client = await import("../../../provider/cluster/client.ts");
  const connection = new Connection(client, { kubeconfig: api.kubeconfig });
  const [send, watch] = [rawRequest(client, connection), watcher(client, connection)];
  const watchAll = <T extends object>(path: string) =>
    watch<T>(path, () =>
      listPages(connection, `listing ${path}`, ({ limit, _continue = "" }) =>
        jsonOf<List<T>>(send("GET", `${path}?limit=${limit}&continue=${encodeURIComponent(_continue)}`)),
      ),
    );
  const rest = await Rest.open(api.kubeconfig);
  nodes.follow(await watchAll<JobObject>(`/apis/batch/v1/namespaces/${systemNamespace}/jobs`), rest);
  let skipped = 0;
  return {
    folder,
    api,
    rest,
    nodes,
    served,
    vnics: await watchAll<StoredVnic>(`/apis/${apiVersion}/vnics`),
    kubeconfig: await serviceAccountKubeconfig(api.kubectl, systemNamespace, reconcilerName),
    forgetRequests: async () => void (skipped = (await stat(audit)).size),
    requests: async () => summarizeAudit(await text(createReadStream(audit, { start: skipped }))),
    stop: async () => {
      nodes.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
