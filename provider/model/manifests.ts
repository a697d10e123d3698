import { vnicCrd } from "./crd.ts";
import { group, injectorServiceAccount, providerServiceAccount, systemNamespace } from "./names.ts";

/** A Kubernetes object, ready to be applied. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** All that must be in a cluster before a Vnic can be made there. Plain objects, the same on every call. */
export function platformManifests(): Manifest[] {
  return [namespace(), vnicCrd(), ...serviceAccounts(), ...providerRoles()];
}

/** The injection Jobs need what Pod Security's `baseline` forbids, so they have a namespace of their own. */
function namespace() {
  const level = "pod-security.kubernetes.io";
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: systemNamespace,
      labels: { [`${level}/enforce`]: "privileged", [`${level}/warn`]: "privileged" },
    },
  };
}

function serviceAccounts() {
  const account = (name: string) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: systemNamespace },
    automountServiceAccountToken: false,
  });
  // The injector is bound to nothing: the node side never speaks to the API server.
  return [account(providerServiceAccount), account(injectorServiceAccount)];
}

/** What the provider may do, and nothing else: no secrets, no pods/exec, no nodes/proxy. */
function providerRoles() {
  const api = "rbac.authorization.k8s.io";
  const name = providerServiceAccount;
  const subjects = [{ kind: "ServiceAccount", name, namespace: systemNamespace }];
  return [
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [""], resources: ["pods", "nodes", "namespaces"], verbs: ["get"] },
        { apiGroups: [group], resources: ["vnics"], verbs: ["get", "list", "create", "patch", "delete"] },
        { apiGroups: [group], resources: ["vnics/status"], verbs: ["patch"] },
      ],
    },
    {
      apiVersion: `${api}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: api, kind: "ClusterRole", name },
      subjects,
    },
    {
      apiVersion: `${api}/v1`,
      kind: "Role",
      metadata: { name, namespace: systemNamespace },
      rules: [
        { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete"] },
        { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
        // "get" opens a WebSocket; since Kubernetes 1.35 "create" is asked for as well.
        { apiGroups: [""], resources: ["pods/attach"], verbs: ["get", "create"] },
      ],
    },
    {
      apiVersion: `${api}/v1`,
      kind: "RoleBinding",
      metadata: { name, namespace: systemNamespace },
      roleRef: { apiGroup: api, kind: "Role", name },
      subjects,
    },
  ];
}
