import { systemNamespace } from "../names.ts";

/** A Kubernetes object, ready to be applied. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** One rule of a role: verbs on resources, without wildcards. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Names of the objects. @default all */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const rbac = "rbac.authorization.k8s.io";

/** A service account. Its token is mounted only in pods that ask for it. */
export function serviceAccount(name: string) {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: systemNamespace },
    automountServiceAccountToken: false,
  };
}

/** Cluster-wide rights of an account: a ClusterRole and its binding, both with the account's name. */
export function clusterRights(account: string, rules: readonly Rule[]): Manifest[] {
  const metadata = { name: account };
  return rights("ClusterRole", account, metadata, rules);
}

/** Rights of an account in our own namespace. */
export function systemRights(account: string, rules: readonly Rule[]): Manifest[] {
  const metadata = { name: account, namespace: systemNamespace };
  return rights("Role", account, metadata, rules);
}

function rights(kind: string, account: string, metadata: Manifest["metadata"], rules: readonly Rule[]) {
  const role = { apiVersion: `${rbac}/v1`, kind, metadata, rules };
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: rbac, kind, name: account },
    subjects: [{ kind: "ServiceAccount", name: account, namespace: systemNamespace }],
  };
  return [role, binding];
}

/** The file name of an object, unique within a platform. */
export function fileNameOf({ kind, metadata: { name } }: Manifest): string {
  return `${kind.toLowerCase()}-${name}.yaml`;
}

/** The path of an object at the API server. */
export function pathOf({ apiVersion, kind, metadata: { namespace, name } }: Manifest): string {
  const plural = kind.toLowerCase().replace(/y$/, "ie").replace(/s$/, "") + "s";
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}/${name}`;
}
