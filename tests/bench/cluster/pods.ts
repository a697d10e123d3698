import { createHash, randomUUID } from "node:crypto";

/* Pods of a realistic size: 6 to 7 KB of JSON, as an application with two volumes and probes has. */

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly uid: string;
}

const probe = (path: string) => ({
  httpGet: { path, port: 8080, scheme: "HTTP" },
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
});

/** The ID of a container, which is different for each pod. */
export function containerIdOf(uid: string): string {
  return `containerd://${createHash("sha256").update(uid).digest("hex")}`;
}

/** Labels and owner of a pod of a StatefulSet. */
export function metadataOf({ namespace, name }: Pick<PodIdentity, "namespace" | "name">, app: string) {
  const revision = createHash("sha256").update(`${namespace}/${app}`).digest("hex").slice(0, 10);
  return {
    namespace,
    name,
    labels: {
      app,
      "app.kubernetes.io/name": app,
      "app.kubernetes.io/part-of": namespace,
      "controller-revision-hash": `${app}-${revision}`,
      "statefulset.kubernetes.io/pod-name": name,
    },
    annotations: {
      "prometheus.io/scrape": "true",
      "prometheus.io/port": "9090",
      "checksum/config": revision.repeat(6),
    },
    ownerReferences: [
      {
        ...{ apiVersion: "apps/v1", kind: "StatefulSet", name: app, uid: uidFor(`${namespace}/${app}`) },
        ...{ controller: true, blockOwnerDeletion: true },
      },
    ],
  };
}

/** The specification of a pod. */
export function specOf(node: string) {
  return {
    nodeName: node,
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    serviceAccountName: "default",
    automountServiceAccountToken: false,
    schedulerName: "default-scheduler",
    enableServiceLinks: true,
    priority: 0,
    preemptionPolicy: "PreemptLowerPriority",
    securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 },
    volumes: [
      { name: "config", configMap: { name: "config", defaultMode: 420 } },
      { name: "data", emptyDir: { sizeLimit: "1Gi" } },
    ],
    containers: [
      {
        name: "app",
        image: "registry.example.com/team/application:1.27.4",
        imagePullPolicy: "IfNotPresent",
        args: ["--listen=:8080", "--metrics=:9090", "--config=/etc/app/config.yaml"],
        ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
        env: Array.from({ length: 20 }, (_, index) => ({
          name: `APPLICATION_SETTING_${index}`,
          value: `value-of-setting-${index}`,
        })),
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        livenessProbe: probe("/healthz"),
        readinessProbe: probe("/readyz"),
        volumeMounts: [
          { name: "config", mountPath: "/etc/app", readOnly: true },
          { name: "data", mountPath: "/var/lib/app" },
        ],
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
    tolerations: ["not-ready", "unreachable"].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 300,
    })),
  };
}

/** The status of a running pod. `restarts` is a part of it in which nothing of ours is interested. */
export function runningStatus(uid: string, restarts = 0) {
  const at = new Date(Date.UTC(2026, 10, 1)).toISOString().replace(".000Z", "Z");
  return {
    phase: "Running",
    startTime: at,
    hostIP: "10.1.0.1",
    podIP: "10.2.0.1",
    podIPs: [{ ip: "10.2.0.1" }],
    qosClass: "Burstable",
    conditions: ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map(
      (type) => ({
        ...{ type, status: "True", lastTransitionTime: at },
      }),
    ),
    containerStatuses: [
      {
        name: "app",
        image: "registry.example.com/team/application:1.27.4",
        imageID: `registry.example.com/team/application@sha256:${"ab".repeat(32)}`,
        containerID: containerIdOf(uid),
        ready: true,
        started: true,
        restartCount: restarts,
        state: { running: { startedAt: at } },
      },
    ],
  };
}

/** A running pod as etcd would have it. */
export function storedPod({ namespace, name, node, uid }: PodIdentity, app: string) {
  const metadata = metadataOf({ namespace, name }, app);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      uid,
      creationTimestamp: "2026-11-01T00:00:00Z",
      managedFields: managedFields("kubelet", "v1"),
    },
    spec: specOf(node),
    status: runningStatus(uid),
  };
}

/** An entry about the fields of a writer, of the usual size. */
export function managedFields(manager: string, apiVersion: string) {
  const fields = Array.from({ length: 24 }, (_, index) => [`f:example.com/setting-number-${index}`, {}]);
  return [
    {
      ...{ manager, operation: "Update", apiVersion, time: "2026-11-01T00:00:00Z", fieldsType: "FieldsV1" },
      fieldsV1: { "f:metadata": { "f:annotations": { ".": {}, ...(Object.fromEntries(fields) as object) } } },
    },
  ];
}

/** A UID that is always the same for the same text. */
export function uidFor(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A UID that no other pod has. */
export function newUid(): string {
  return randomUUID();
}
