import { appPod } from "../lab/index.ts";

/** Application pods, spread over the nodes by the scheduler; a DaemonSet has one on each node, and no replica count. */
export function workload(
  kind: "Deployment" | "StatefulSet" | "DaemonSet",
  namespace: string,
  name: string,
  replicas?: number,
): object {
  const { spec } = appPod({ namespace, name, node: "node1" }) as { spec: { nodeName?: string } };
  const { nodeName: _, ...podSpec } = spec;
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { namespace, name },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: labels },
      ...(kind === "StatefulSet" ? { serviceName: name, podManagementPolicy: "Parallel" } : {}),
      template: { metadata: { labels }, spec: podSpec },
    },
  };
}
