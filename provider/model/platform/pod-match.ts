import { literal } from "./admission.ts";

/*
 * Compares a whole pod with the template from which it was created: every field and value, as the API server stores
 * them. Exceptions are listed here; all other fields must be as in the template, or as the API server's defaults.
 */

/** A workload's pod template, with any fields. */
export interface WholeTemplate {
  readonly spec: Fields & { readonly containers: readonly Fields[]; readonly volumes?: readonly Fields[] };
}
type Fields = Readonly<Record<string, unknown>>;

/** A template, and the kind of workload that uses it. */
export interface OwnTemplate {
  readonly kind: string;
  readonly template: WholeTemplate;
}

/** The API server's defaults for missing fields (core/v1). */
const podDefaults = {
  restartPolicy: "Always",
  dnsPolicy: "ClusterFirst",
  schedulerName: "default-scheduler",
  securityContext: {},
  terminationGracePeriodSeconds: 30,
  enableServiceLinks: true,
};
const containerDefaults = {
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  resources: {},
};
const probeDefaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

/** Environment variables that may have any plain text as their value. */
const freeVariables = ["VNIC_IDLE_SECONDS", "VNIC_RESYNC_SECONDS"];

/**
 * CEL variables for the comparison: `differences` lists, for each template of the account and kind, the fields that
 * differ.
 */
export function matchVariables(templates: readonly OwnTemplate[], images: readonly string[]): Record<string, string> {
  const data = templates.map(({ kind, template }) => storedForm(kind, template));
  return {
    isPod: "request.kind.kind == 'Pod'",
    templates: mixed(data),
    candidates:
      "variables.templates.filter(t, t.pod.serviceAccountName == variables.account && (variables.isPod || t.kind == request.kind.kind))",
    tokenVolumes: "variables.volumes.filter(v, v.name.startsWith('kube-api-access-'))",
    ownVolumes: "variables.volumes.filter(v, !v.name.startsWith('kube-api-access-'))",
    differences: `variables.candidates.map(t, ${differences(images)})`,
  };
}

/** Rejects a pod that matches no template; the message names the fields that differ from the most similar one. */
export const matchRule = {
  expression: "variables.differences.exists(d, d.size() == 0)",
  messageExpression: `variables.differences.size() == 0 ? 'no ' + request.kind.kind + ' of pulumi-vnic has service account ' + variables.account : 'it differs from the template of pulumi-vnic for service account ' + variables.account + ' in ' + variables.differences.filter(d, variables.differences.all(other, d.size() <= other.size()))[0].join(', ')`,
};

interface Stored {
  readonly kind: string;
  readonly token: boolean;
  readonly pod: Fields;
  readonly podDefaults: Fields;
  readonly tolerations: unknown;
  readonly container: Fields;
  readonly containerDefaults: Fields;
  readonly env: unknown;
  readonly mounts: unknown;
  readonly volumes: unknown;
}

/** A template prepared for comparison: required and optional fields with their values. */
function storedForm(kind: string, { spec }: WholeTemplate): Stored {
  const { containers, volumes = [], tolerations = [], nodeName: _, ...pod } = spec;
  const [{ image: __, env = [], volumeMounts = [], ...container } = {}] = containers;
  return {
    kind,
    token: spec["automountServiceAccountToken"] === true,
    pod,
    podDefaults: { ...podDefaults, serviceAccount: spec["serviceAccountName"], ...pod },
    tolerations,
    container: withNestedDefaults(container),
    containerDefaults: { ...containerDefaults, ...withNestedDefaults(container) },
    env: (env as Fields[]).map(withFieldVersion),
    mounts: volumeMounts,
    volumes,
  };
}

function withNestedDefaults(container: Fields): Fields {
  const probe = ({ httpGet, ...rest }: Fields) => ({
    ...probeDefaults,
    ...rest,
    ...(httpGet === undefined ? {} : { httpGet: { scheme: "HTTP", ...(httpGet as object) } }),
  });
  const nested = Object.entries(container).map(([key, value]) => {
    if (key.endsWith("Probe")) return [key, probe(value as Fields)];
    if (key === "ports") return [key, (value as Fields[]).map((port) => ({ protocol: "TCP", ...port }))];
    return [key, value];
  });
  return Object.fromEntries(nested) as Fields;
}

function withFieldVersion(variable: Fields): Fields {
  const from = variable["valueFrom"] as { fieldRef?: object } | undefined;
  return from?.fieldRef ? { ...variable, valueFrom: { fieldRef: { apiVersion: "v1", ...from.fieldRef } } } : variable;
}

/** CEL: the names of all fields in which the pod differs from template `t`. */
function differences(images: readonly string[]): string {
  const names = (is: string, name: string) => `(${is} ? [] : [${literal(name)}])`;
  const fields = (
    object: string,
    handled: readonly string[],
    fixed: string,
    defaults: string,
    prefix: string,
    also = "false",
  ) =>
    [
      `${object}.filter(k, !(k in ${literal(handled)}) && !(k in ${defaults} && ${object}[k] == ${defaults}[k]) && !(${also})).map(k, '${prefix}' + k)`,
      `${fixed}.filter(k, !(k in ${object})).map(k, '${prefix}' + k)`,
    ].join(" + ");
  const container = "variables.pod.containers[0]";
  return [
    fields(
      "variables.pod",
      ["containers", "volumes", "tolerations", "nodeName"],
      "t.pod",
      "t.podDefaults",
      "",
      `variables.isPod && ${setOnPods}`,
    ),
    names(tolerations, "tolerations"),
    names("variables.ownVolumes == t.volumes", "volumes"),
    names(
      `variables.tokenVolumes.size() == (variables.isPod && t.token && variables.tokenVolumes.size() == 1 ? 1 : 0) && variables.tokenVolumes.all(v, ${isToken})`,
      "volumes (token)",
    ),
    names("variables.containers.size() == 1", "containers"),
    fields(
      container,
      ["image", "env", "volumeMounts"],
      "t.container",
      "t.containerDefaults",
      "containers[0].",
      `variables.isPod && ${setOnContainers(container)}`,
    ),
    names(mounts(container), "containers[0].volumeMounts"),
    names(environment(container, images), "containers[0].env"),
  ].join(" + ");
}

/** Fields that schedulers, controllers and admission plugins set on pods, and that have no effect on the program. */
const setOnPods = [
  "k == 'imagePullSecrets'",
  "k == 'preemptionPolicy'",
  // The default priority, from a class that the cluster gives to all pods.
  "k == 'priority' && ('priorityClassName' in t.pod || variables.pod[k] <= 1000000000)",
  "k == 'priorityClassName' && !variables.pod[k].startsWith('system-')",
  // Binds a DaemonSet's pods to their nodes.
  "k == 'affinity' && t.kind == 'DaemonSet' && variables.pod[k].all(a, a == 'nodeAffinity')",
]
  .map((one) => `(${one})`)
  .join(" || ")
  .replace(/^/, "(")
  .replace(/$/, ")");

/** Fields that admission plugins set on a pod's container: AlwaysPullImages, so that nobody uses an image without its credentials. */
function setOnContainers(container: string): string {
  return `k == 'imagePullPolicy' && ${container}[k] == 'Always'`;
}

/** Kubernetes adds tolerations of its own node taints to pods. */
const tolerations =
  "t.tolerations.all(o, o in variables.pod.?tolerations.orValue([])) && variables.pod.?tolerations.orValue([]).all(o, o in t.tolerations || variables.isPod && o.?key.orValue('').startsWith('node.kubernetes.io/'))";

/** The volume with the service account's token, exactly as the API server adds it (BoundServiceAccountTokenVolume). */
const isToken =
  "v.all(k, k in ['name', 'projected']) && v.projected.sources.all(s, (has(s.serviceAccountToken) && !has(s.serviceAccountToken.audience) && s.serviceAccountToken.path == 'token') || (has(s.configMap) && s.configMap.name in ['kube-root-ca.crt', 'openshift-service-ca.crt']) || (has(s.downwardAPI) && s.downwardAPI.items.all(i, i.path == 'namespace'))) && v.projected.sources.all(s, s.size() == 1)";

function mounts(container: string): string {
  const there = `${container}.?volumeMounts.orValue([])`;
  const isToken = "m.name.startsWith('kube-api-access-')";
  return [
    `${there}.filter(m, !${isToken}) == t.mounts`,
    `${there}.filter(m, ${isToken}).all(m, m == {'name': m.name, 'mountPath': dyn('/var/run/secrets/kubernetes.io/serviceaccount'), 'readOnly': dyn(true)})`,
  ].join(" && ");
}

function environment(container: string, images: readonly string[]): string {
  const there = `${container}.?env.orValue([])`;
  const plain = "e.all(k, k in ['name', 'value'])";
  const isFree = `e.name in ${literal(freeVariables)} || e.name == 'VNIC_IMAGE' && e.?value.orValue('') in ${literal(images)}`;
  return [
    `t.env.size() == ${there}.size()`,
    `t.env.all(o, ${there}.exists_one(e, e.name == o.name && (e == o || ${plain} && (${isFree}))))`,
  ].join(" && ");
}

/**
 * `value` as a CEL literal with lists and maps of mixed types; keys are sorted, so that equal values have equal texts.
 */
function mixed(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => `dyn(${mixed(item)})`).join(", ")}]`;
  if (typeof value !== "object" || value === null) return literal(value);
  return `{${Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => `${literal(key)}: dyn(${mixed(item)})`)
    .join(", ")}}`;
}
