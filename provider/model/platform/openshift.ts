import { agentName, injectorServiceAccount, reconcilerName, systemNamespace } from "../names.ts";
import { nodeSecurity } from "../kubernetes/session-job.ts";
import type { Manifest } from "./manifest.ts";

const rbac = "rbac.authorization.k8s.io";
const constraintsName = "pulumi-vnic";

/**
 * The objects that our pods need on OpenShift: security context constraints for the injection Jobs and the node agent,
 * and rights to use them.
 */
export function openshiftPart({ openshift = false }: { readonly openshift?: boolean | undefined }): Manifest[] {
  if (!openshift) return [];
  return [
    constraints(),
    ...mayUse("pulumi-vnic-node", constraintsName, [injectorServiceAccount, agentName]),
    // The reconciler's user ID is fixed, and not from the namespace's range.
    ...mayUse("pulumi-vnic-reconciler", "nonroot-v2", [reconcilerName]),
  ];
}

/** SecurityContextConstraints (security.openshift.io/v1) with no more than the templates of Job and agent need. */
function constraints(): Manifest {
  const asAny = { type: "RunAsAny" };
  return {
    apiVersion: "security.openshift.io/v1",
    kind: "SecurityContextConstraints",
    metadata: { name: constraintsName },
    allowHostDirVolumePlugin: true,
    allowHostIPC: false,
    allowHostNetwork: true,
    allowHostPID: false,
    allowHostPorts: false,
    allowPrivilegeEscalation: false,
    allowPrivilegedContainer: false,
    allowedCapabilities: [...nodeSecurity("NET_BIND_SERVICE").capabilities.add],
    defaultAddCapabilities: [],
    requiredDropCapabilities: [],
    fsGroup: asAny,
    readOnlyRootFilesystem: true,
    runAsUser: asAny,
    // The pods themselves set their type, spc_t.
    seLinuxContext: asAny,
    seccompProfiles: ["runtime/default"],
    supplementalGroups: asAny,
    users: [],
    groups: [],
    volumes: ["hostPath", "projected"],
  } as Manifest;
}

function mayUse(name: string, scc: string, accounts: readonly string[]): Manifest[] {
  const metadata = { name, namespace: systemNamespace };
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata,
      rules: [
        {
          apiGroups: ["security.openshift.io"],
          resources: ["securitycontextconstraints"],
          resourceNames: [scc],
          verbs: ["use"],
        },
      ],
    } as Manifest,
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: accounts.map((account) => ({ kind: "ServiceAccount", name: account, namespace: systemNamespace })),
    } as Manifest,
  ];
}
