import { appPod } from "../lab/index.ts";

/** A Deployment or StatefulSet of application pods, spread over the nodes by the scheduler. */
export function workload(
  kind: "Deployment" | "StatefulSet",
  namespace: string,
  name: string,
  replicas: number,
): object {
  const { spec } = appPod({ namespace, name, node: "node1" }) as { spec: { nodeName?: string } };
  const { nodeName: _, ...podSpec } = spec;
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      ...(kind === "StatefulSet" ? { serviceName: name, podManagementPolicy: "Parallel" } : {}),
      template: { metadata: { labels }, spec: podSpec },
    },
  };
}
