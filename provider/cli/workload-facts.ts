import { isVnicError } from "../base/errors.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import type { WorkloadFacts } from "../model/doctor/workloads.ts";
import { agentName, reconcilerName, systemNamespace } from "../model/names.ts";

interface Deployment {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status?: { readonly readyReplicas?: number };
}

interface DaemonSet {
  readonly status?: { readonly desiredNumberScheduled?: number; readonly numberReady?: number };
}

interface Lease {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
}

interface AgentPod {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Reads the workloads in our namespace; undefined if we may not read them. */
export async function readWorkloads(
  api: RawApi,
  known: Pick<WorkloadFacts, "vnicSets" | "leasedVnics" | "image">,
): Promise<WorkloadFacts | undefined> {
  const within = (root: string) => `${root}/namespaces/${systemNamespace}`;
  try {
    const [deployment, daemonSet, lease, pods] = await Promise.all([
      api.get<Deployment>(`${within("/apis/apps/v1")}/deployments/${reconcilerName}`),
      api.get<DaemonSet>(`${within("/apis/apps/v1")}/daemonsets/${agentName}`),
      api.get<Lease>(`${within("/apis/coordination.k8s.io/v1")}/leases/${reconcilerName}`),
      api.get<{ items: AgentPod[] }>(
        `${within("/api/v1")}/pods?labelSelector=app.kubernetes.io/component%3Dnode-agent`,
      ),
    ]);
    const isReady = ({ status }: AgentPod) =>
      status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return {
      ...known,
      reconciler: deployment && {
        wanted: deployment.spec.replicas ?? 1,
        ready: deployment.status?.readyReplicas ?? 0,
        image: deployment.spec.template.spec.containers[0]?.image ?? "",
      },
      leader: lease?.spec && {
        holder: lease.spec.holderIdentity ?? "",
        renewedSecondsAgo: (Date.now() - Date.parse(lease.spec.renewTime ?? "1970-01-01")) / 1000,
        leaseSeconds: lease.spec.leaseDurationSeconds ?? 15,
      },
      agent: daemonSet && {
        wanted: daemonSet.status?.desiredNumberScheduled ?? 0,
        ready: daemonSet.status?.numberReady ?? 0,
        missingOn: (pods?.items ?? []).filter((pod) => !isReady(pod)).flatMap(({ spec }) => spec?.nodeName ?? []),
      },
    };
  } catch (error) {
    if (isVnicError(error, "forbidden")) return undefined;
    throw error;
  }
}
