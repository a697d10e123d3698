import type { ReconcilerOptions } from "../../provider/model/platform/options.ts";
import { reconcilerName, systemNamespace } from "../../provider/model/names.ts";
import type { Manifest } from "../../provider/model/platform/manifest.ts";
import type { Lab } from "../lab/index.ts";
import { type Node, nodes } from "../lab/layout.ts";
import { installPlatform, kubectl } from "./cluster.ts";

/** The reconciler on the lab: its real Deployment, with the rights of its service account. */
export interface Reconciler {
  /** The log lines of all replicas. */
  logs(): Promise<string[]>;
  /** The name of the leader's pod, according to the Lease; empty if there is none. */
  leaderName(): Promise<string>;
  /** The replica that is the leader. */
  leader(): Promise<Replica>;
  /** The lines with values that the leader serves for Prometheus. */
  metrics(): Promise<string[]>;
  /** Describes memory and open files of each replica. */
  usage(): Promise<string>;
  /** Deletes the Deployment, and waits for its pods to end. */
  stop(): Promise<void>;
}

export interface Replica {
  readonly name: string;
  readonly node: Node;
  readonly containerId: string;
}

const selector = "app.kubernetes.io/component=reconciler";

export interface StartOptions extends ReconcilerOptions {
  /** The node for the first pods, if tests make the other nodes unusable. @default node2 */
  readonly on?: Node;
  /** Whether the kubelet ends a replica that doesn't answer any more. @default true */
  readonly mustAnswer?: boolean;
}

export async function startReconciler(
  lab: Lab,
  { on = "node2", mustAnswer = true, ...options }: StartOptions = {},
): Promise<Reconciler> {
  const reconciler = { replicas: 1, resyncSeconds: 300, ...options };
  const here = (...argv: string[]) => kubectl(lab.kubectl, ["-n", systemNamespace, ...argv]);
  const others = nodes.filter((node) => node !== on);
  await here("cordon", ...others);
  try {
    await installPlatform(lab.kubectl, ["reconciler"], { reconciler }, mustAnswer ? undefined : withoutLivenessProbe);
    await here("rollout", "status", `deployment/${reconcilerName}`, "--timeout=300s");
  } finally {
    await here("uncordon", ...others);
  }
  // The Lease contains the pod's name and UID.
  const leaderName = async () =>
    (await here("get", "lease", reconcilerName, "-o", "jsonpath={.spec.holderIdentity}")).split("_")[0] ?? "";
  const metricsOf = (pod: string) =>
    kubectl(lab.kubectl, ["get", "--raw", `/api/v1/namespaces/${systemNamespace}/pods/${pod}:8080/proxy/metrics`]);
  return {
    logs: async () => (await here("logs", "-l", selector, "--tail=-1")).split("\n").filter(Boolean),
    leaderName,
    leader: async () => {
      const name = await leaderName();
      const path = "jsonpath={.spec.nodeName} {.status.containerStatuses[0].containerID}";
      const [at, containerId = ""] = (await here("get", "pod", name, "-o", path)).split(" ");
      return { name, node: at as Node, containerId };
    },
    metrics: async () => (await metricsOf(await leaderName())).split("\n").filter((line) => /^[a-z]/.test(line)),
    usage: async () => {
      const names = (await here("get", "pods", "-l", selector, "-o", "name")).split("\n").filter(Boolean);
      const words = await Promise.all(
        names.map(async (name) => {
          const stdout = await metricsOf(name.replace("pod/", "")).catch(() => "");
          const read = (metric: string) => Number(new RegExp(`^${metric} (.*)$`, "m").exec(stdout)?.[1]);
          const megabytes = (metric: string) => Math.round(read(metric) / 2 ** 20);
          const seconds = Math.round(Date.now() / 1000 - read("process_start_time_seconds"));
          return [
            `${name} after ${seconds} s: ${megabytes("process_resident_memory_bytes")} MB`,
            `heap ${megabytes("nodejs_heap_size_used_bytes")} MB`,
            `${read("process_open_fds")} files, ${read("nodejs_active_resources_total")} handles`,
          ].join(", ");
        }),
      );
      return words.join("; ");
    },
    stop: async () => {
      await here("delete", "deployment", reconcilerName, "--ignore-not-found");
      await here("wait", "--for=delete", "pod", "-l", selector, "--timeout=300s");
      // Without this, the next leader would wait until the Lease has expired.
      await here("delete", "lease", reconcilerName, "--ignore-not-found");
    },
  };
}

function withoutLivenessProbe(manifest: Manifest): object {
  if (manifest.kind !== "Deployment") return manifest;
  const copy = structuredClone(manifest) as Manifest & {
    readonly spec: { readonly template: { readonly spec: { readonly containers: { livenessProbe?: object }[] } } };
  };
  for (const container of copy.spec.template.spec.containers) delete container.livenessProbe;
  return copy;
}
