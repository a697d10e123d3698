import { literal } from "./admission.ts";

/* A pod compared whole with the template that it was made from: every field and every value, as the API server stores them.
   What may vary is named here; whatever isn't named must be as in the template, or be what the API server fills in. */

/** A workload's pod template, of whatever fields. */
export interface WholeTemplate {
  readonly spec: Fields & { readonly containers: readonly Fields[]; readonly volumes?: readonly Fields[] };
}
type Fields = Readonly<Record<string, unknown>>;

/** A template, and the kind of workload that may have it. */
export interface OwnTemplate {
  readonly kind: string;
  readonly template: WholeTemplate;
}

/** Values that the API server fills in where a template has none (core/v1 defaults). */
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

/** Environment that is whatever somebody chose, as plain text. */
const freeVariables = ["VNIC_IDLE_SECONDS", "VNIC_RESYNC_SECONDS"];

/** The CEL variables that compare: `differences` has, for each template of the account and kind, what differs from it. */
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

/** What is said of a pod that differs from all templates it might be of: the fields in which it does so from the nearest. */
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

/** A template as it is compared: the fields that must be there, and those that may be, with their values. */
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
    fields(container, ["image", "env", "volumeMounts"], "t.container", "t.containerDefaults", "containers[0]."),
    names(mounts(container), "containers[0].volumeMounts"),
    names(environment(container, images), "containers[0].env"),
  ].join(" + ");
}

/** Fields of a pod that schedulers, controllers and admission plugins set: what they decide, and nothing that a program sees. */
const setOnPods = [
  "k == 'imagePullSecrets'",
  "k == 'preemptionPolicy'",
  // An ordinary priority, from a class that the cluster gives all pods.
  "k == 'priority' && ('priorityClassName' in t.pod || variables.pod[k] <= 1000000000)",
  "k == 'priorityClassName' && !variables.pod[k].startsWith('system-')",
  // A DaemonSet's pods are bound to their nodes by it.
  "k == 'affinity' && t.kind == 'DaemonSet' && variables.pod[k].all(a, a == 'nodeAffinity')",
]
  .map((one) => `(${one})`)
  .join(" || ")
  .replace(/^/, "(")
  .replace(/$/, ")");

/** Taints that Kubernetes itself sets on nodes are tolerated by more pods than say so. */
const tolerations =
  "t.tolerations.all(o, o in variables.pod.?tolerations.orValue([])) && variables.pod.?tolerations.orValue([]).all(o, o in t.tolerations || variables.isPod && o.?key.orValue('').startsWith('node.kubernetes.io/'))";

/** The token of the service account, as the API server mounts it (BoundServiceAccountTokenVolume), and nothing beside it. */
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

/** `value` as a literal of CEL in which lists and maps have values of several types; keys are sorted, so that equal values read equally. */
function mixed(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => `dyn(${mixed(item)})`).join(", ")}]`;
  if (typeof value !== "object" || value === null) return literal(value);
  return `{${Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => `${literal(key)}: dyn(${mixed(item)})`)
    .join(", ")}}`;
}
