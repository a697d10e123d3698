import { group, inlineVerb, reconcilerName, systemNamespace } from "../names.ts";
import { clusterRights, type Manifest, serviceAccount, systemRights } from "./manifest.ts";
import type { PlatformOptions, ReconcilerOptions } from "./options.ts";
import { nodeConstraints, wholeResources } from "./node-constraints.ts";

const port = 8080;
const defaultReplicas = 2;

/** The reconciler: its Deployment, its account, and its rights: no secrets, no pods/exec, no nodes/proxy. */
export function reconcilerPart(options: PlatformOptions): Manifest[] {
  return [
    serviceAccount(reconcilerName),
    ...clusterRights(reconcilerName, [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["nodes", "namespaces", "services"], verbs: ["get"] },
      // Needed to keep Vnics from taking the nodes' addresses.
      { apiGroups: [""], resources: ["nodes"], verbs: ["list"] },
      { apiGroups: ["networking.k8s.io"], resources: ["servicecidrs"], verbs: ["list"] },
      { apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: ["get"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create"] },
      { apiGroups: [group], resources: ["vnics"], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
      { apiGroups: [group], resources: ["vnicsets"], verbs: ["get", "list", "watch", "patch"] },
      { apiGroups: [group], resources: ["vnics/status", "vnicsets/status"], verbs: ["patch"] },
      { apiGroups: ["apps"], resources: ["deployments", "daemonsets"], verbs: ["get"] },
      { apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["get", "list"] },
      // The reconciler writes the Vnics of VnicSets, which were checked against their authors' rights.
      { apiGroups: [group], resources: ["vnicnetworks"], verbs: ["get", "list", "patch", inlineVerb] },
      {
        apiGroups: [group],
        resources: ["vnicaddresses"],
        verbs: ["get", "list", "watch", "create", "patch", "delete"],
      },
      { apiGroups: ["k8s.cni.cncf.io"], resources: ["network-attachment-definitions"], verbs: ["get"] },
    ]),
    ...systemRights(reconcilerName, [
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete"] },
      // Needed to find out why a session doesn't start.
      { apiGroups: [""], resources: ["events"], verbs: ["list"] },
      { apiGroups: [""], resources: ["pods/attach"], verbs: ["get", "create"] },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
    ]),
    deployment(options),
    ...disruptionBudget(options),
  ];
}

const labels = { "app.kubernetes.io/name": "pulumi-vnic", "app.kubernetes.io/component": "reconciler" };

/**
 * Allows one replica at a time to be evicted. Not created for a single replica, where it would only block the draining
 * of nodes.
 */
function disruptionBudget({
  reconciler: { replicas = defaultReplicas, disruptionBudget = true } = {},
}: PlatformOptions) {
  if (!disruptionBudget || replicas < 2) return [];
  return [
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: reconcilerName, namespace: systemNamespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
    } as Manifest,
  ];
}

function deployment({ image, reconciler = {} }: PlatformOptions) {
  const { replicas = defaultReplicas, resyncSeconds = 300, priorityClassName } = reconciler;
  // On a node under load, an answer may take longer than the kubelet's default of one second.
  const probe = (path: string) => ({ httpGet: { path, port: "http" }, timeoutSeconds: 10 });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: reconcilerName, namespace: systemNamespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": String(port) },
        },
        spec: {
          serviceAccountName: reconcilerName,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          ...(priorityClassName === undefined ? {} : { priorityClassName }),
          ...nodeConstraints(reconciler),
          ...spread(reconciler),
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "reconciler",
              image,
              imagePullPolicy: "IfNotPresent",
              command: ["node", "/app/reconciler.mjs"],
              env: [
                // The injection Jobs use this image as well.
                { name: "VNIC_IMAGE", value: image },
                { name: "VNIC_RESYNC_SECONDS", value: String(resyncSeconds) },
                { name: "VNIC_PORT", value: String(port) },
                { name: "VNIC_POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
              ],
              ports: [{ name: "http", containerPort: port }],
              livenessProbe: { ...probe("/healthz"), periodSeconds: 10, failureThreshold: 6 },
              readinessProbe: { ...probe("/readyz"), periodSeconds: 5, failureThreshold: 6 },
              resources: wholeResources(
                reconciler.resources ?? { requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "384Mi" } },
              ),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  };
}

/** How replicas are spread over nodes. */
export function spread({ antiAffinity = "preferred", topologySpread }: ReconcilerOptions) {
  const apart = { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" };
  const terms = {
    none: undefined,
    preferred: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: apart }],
    },
    required: { requiredDuringSchedulingIgnoredDuringExecution: [apart] },
  }[antiAffinity];
  const constraints = topologySpread?.map(({ topologyKey, maxSkew = 1, whenUnsatisfiable = "ScheduleAnyway" }) => ({
    topologyKey,
    maxSkew,
    whenUnsatisfiable,
    labelSelector: { matchLabels: labels },
  }));
  return {
    ...(terms ? { affinity: { podAntiAffinity: terms } } : {}),
    ...(constraints?.length ? { topologySpreadConstraints: constraints } : {}),
  };
}
