/* Pods that differ from a template in one place: a value is changed, missing or added. */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type PodSpec = { readonly [key: string]: Json } & {
  readonly containers: readonly { readonly [key: string]: Json }[];
};

export interface Mutation {
  readonly what: string;
  readonly spec: PodSpec;
}

/** Paths whose values the policy allows to vary. */
const free = [
  /^nodeName/,
  /^containers\[0\]\.image$/,
  /^containers\[0\]\.env\[\d\]\.value=(VNIC_IDLE_SECONDS|VNIC_RESYNC_SECONDS)$/,
];

/** Mutations that change each leaf of the spec, or leave out each field and item. */
export function changesOf(spec: PodSpec): Mutation[] {
  return places(spec, "").flatMap(({ path, keys }) => {
    const value = at(spec, keys);
    const named = /env\[\d\]\.value$/.test(path) ? `${path}=${String(at(spec, [...keys.slice(0, -1), "name"]))}` : path;
    if (free.some((one) => one.test(named))) return [];
    const other = otherThan(value);
    return [
      ...(other === undefined
        ? []
        : [{ what: `${path}: ${JSON.stringify(other)}`, spec: changed(spec, keys, other) as PodSpec }]),
      { what: `${path} left out`, spec: changed(spec, keys, undefined) as PodSpec },
    ];
  });
}

const text = "/run";
const podFields: Readonly<Record<string, Json>> = {
  activeDeadlineSeconds: 5,
  affinity: { podAffinity: {} },
  dnsConfig: { nameservers: ["192.0.2.1"] },
  hostAliases: [{ ip: "192.0.2.1", hostnames: ["kubernetes.default.svc"] }],
  hostIPC: true,
  hostPID: true,
  hostUsers: false,
  hostname: "leader",
  hostnameOverride: "leader",
  initContainers: [{ name: "first", image: "busybox" }],
  nodeSelector: { a: "b" },
  os: { name: "linux" },
  overhead: { cpu: "1" },
  priorityClassName: "system-cluster-critical",
  readinessGates: [{ conditionType: "example.org/ready" }],
  resources: { limits: { cpu: "1" } },
  resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }],
  runtimeClassName: "other",
  schedulerName: "other",
  schedulingGates: [{ name: "example.org/gate" }],
  setHostnameAsFQDN: true,
  shareProcessNamespace: true,
  subdomain: "sub",
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
};
const httpGet = { path: "/", port: 80, host: "192.0.2.1" };
const containerFields: Readonly<Record<string, Json>> = {
  args: ["--inspect"],
  command: ["sh"],
  envFrom: [{ secretRef: { name: "x" } }],
  lifecycle: { preStop: { httpGet } },
  restartPolicy: "Always",
  restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [1] } }],
  livenessProbe: { httpGet },
  readinessProbe: { tcpSocket: { port: 22, host: "192.0.2.1" } },
  startupProbe: { grpc: { port: 80 } },
  resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }],
  terminationMessagePath: "/app/main.mjs",
  terminationMessagePolicy: "FallbackToLogsOnError",
  tty: true,
  volumeDevices: [{ name: "disk", devicePath: "/dev/sda" }],
  workingDir: "/tmp",
};
const securityFields: Readonly<Record<string, Json>> = {
  procMount: "Unmasked",
  privileged: true,
  runAsGroup: 1,
  runAsUser: 4,
  runAsNonRoot: false,
  seccompProfile: { type: "Unconfined" },
  appArmorProfile: { type: "Localhost", localhostProfile: "x" },
  seLinuxOptions: { type: "spc_t" },
  windowsOptions: { hostProcess: true },
  capabilities: { drop: ["ALL"], add: ["SYS_PTRACE"] },
};
const podSecurity: Readonly<Record<string, Json>> = {
  fsGroup: 1,
  runAsUser: 0,
  seccompProfile: { type: "Unconfined" },
  supplementalGroups: [0],
  supplementalGroupsPolicy: "Strict",
  seLinuxChangePolicy: "Recursive",
  fsGroupChangePolicy: "OnRootMismatch",
  runAsGroup: 0,
  sysctls: [{ name: "net.ipv4.ip_forward", value: "1" }],
};
const volumes: readonly { readonly [key: string]: Json }[] = [
  { hostPath: { path: "/" } },
  { hostPath: { path: "/run/containerd" } },
  { hostPath: { path: "/var/lib/pulumi-vnic" } },
  { secret: { secretName: "x" } },
  { configMap: { name: "x" } },
  { emptyDir: {} },
  { projected: { sources: [{ secret: { name: "x" } }] } },
  { csi: { driver: "example.org" } },
  { nfs: { server: "192.0.2.1", path: "/" } },
  { image: { reference: "busybox" } },
  { persistentVolumeClaim: { claimName: "x" } },
  { iscsi: { targetPortal: "192.0.2.1", iqn: "iqn.2001-04.com.example:x", lun: 0 } },
  {
    ephemeral: {
      volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1" } } } },
    },
  },
  { projected: { sources: [{ serviceAccountToken: { path: "token", audience: "x" } }] } },
  { projected: { sources: [{ serviceAccountToken: { path: "token" }, secret: { name: "x" } }] } },
  { downwardAPI: { items: [{ path: "x", fieldRef: { fieldPath: "metadata.name" } }] } },
];

/** Mutations that add one field or item that none of our templates has. */
export function additionsTo(spec: PodSpec): Mutation[] {
  const [container = {}] = spec.containers;
  const withContainer = (fields: { readonly [key: string]: Json }): PodSpec => ({
    ...spec,
    containers: [{ ...container, ...fields }],
  });
  const list = (of: { readonly [key: string]: Json }, key: string) => (of[key] ?? []) as readonly Json[];
  const withVariable = (variable: Json) => withContainer({ env: [...list(container, "env"), variable] });
  const withMount = (mount: Json) => withContainer({ volumeMounts: [...list(container, "volumeMounts"), mount] });
  const withVolume = (volume: Json): PodSpec => ({ ...spec, volumes: [...list(spec, "volumes"), volume] });
  const entries = Object.entries;
  return [
    ...entries(podFields).map(([key, value]) => ({ what: `${key} added`, spec: { ...spec, [key]: value } })),
    ...entries(containerFields).map(([key, value]) => ({
      what: `a container's ${key}`,
      spec: withContainer({ [key]: value }),
    })),
    ...entries(securityFields).map(([key, value]) => ({
      what: `a container's securityContext.${key}`,
      spec: withContainer({ securityContext: { ...(container["securityContext"] as object), [key]: value } }),
    })),
    ...entries(podSecurity).map(([key, value]) => ({
      what: `securityContext.${key}`,
      spec: { ...spec, securityContext: { ...(spec["securityContext"] as object), [key]: value } },
    })),
    ...volumes.map((volume) => ({
      what: `a volume ${JSON.stringify(volume)}`,
      spec: withVolume({ name: "more", ...volume }),
    })),
    ...volumes.map((volume) => ({
      what: `a volume named like a token's: ${JSON.stringify(volume)}`,
      spec: withVolume({ name: "kube-api-access-x", ...volume }),
    })),
    { what: "a second container", spec: { ...spec, containers: [container, { ...container, name: "second" }] } },
    {
      what: "a toleration",
      spec: { ...spec, tolerations: [...list(spec, "tolerations"), { key: "a", operator: "Exists" }] },
    },
    { what: "a variable", spec: withVariable({ name: "NODE_OPTIONS", value: "--inspect" }) },
    { what: "one of our variables once more", spec: withVariable({ name: "VNIC_IMAGE", value: "other" }) },
    {
      what: "a variable of a Secret",
      spec: withVariable({ name: "VNIC_IDLE_SECONDS", valueFrom: { secretKeyRef: { name: "x", key: "y" } } }),
    },
    {
      what: "a variable of a file",
      spec: withVariable({
        name: "VNIC_IDLE_SECONDS",
        valueFrom: { fileKeyRef: { volumeName: "state", path: "x", key: "y" } },
      }),
    },
    {
      what: "a container that stops by another signal",
      spec: { ...withContainer({ lifecycle: { stopSignal: "SIGKILL" } }), os: { name: "linux" } },
    },
    {
      what: "a container's device claim",
      spec: {
        ...withContainer({ resources: { claims: [{ name: "gpu" }] } }),
        resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }],
      },
    },
    { what: "a writable mount below a read-only one", spec: withMount({ name: "state", mountPath: "/run/netns/x" }) },
    { what: "a mount over our program", spec: withMount({ name: "state", mountPath: "/app" }) },
    { what: "a mount of the token", spec: withMount({ name: "kube-api-access-x", mountPath: text }) },
    { what: "a port of the node", spec: withContainer({ ports: [{ containerPort: 80, hostPort: 80 }] }) },
  ];
}

interface Place {
  readonly path: string;
  readonly keys: readonly (string | number)[];
}

/** The paths of all nested values. */
function places(value: Json, path: string, keys: readonly (string | number)[] = []): Place[] {
  const here = keys.length === 0 ? [] : [{ path, keys }];
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    return [...here, ...list.flatMap((item, index) => places(item, `${path}[${index}]`, [...keys, index]))];
  }
  if (typeof value !== "object" || value === null) return here;
  return [
    ...here,
    ...Object.entries(value).flatMap(([key, item]) =>
      places(item, path === "" ? key : `${path}.${key}`, [...keys, key]),
    ),
  ];
}

function at(value: unknown, keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);
}

/** A copy with another value at the given path, or without a value there. */
function changed(value: unknown, [key, ...rest]: readonly (string | number)[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  const inner = changed(copy[key], rest, other);
  if (inner !== undefined) copy[key] = inner;
  else if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
}

function otherThan(value: unknown): Json | undefined {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  return typeof value === "string" ? `${value}x` : undefined;
}
