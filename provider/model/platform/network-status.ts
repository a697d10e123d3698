import { dynamicNetworksRole, networkStatusAnnotation } from "../kubernetes/network-status.ts";
import { group, providerServiceAccount, reconcilerName, systemNamespace, userOfAccount } from "../names.ts";
import { admissionPolicy, literal } from "./admission.ts";
import type { Manifest, Rule } from "./manifest.ts";
import { ownersUnchanged } from "./owned-fields.ts";

const name = "vnic-network-status";
const accounts = [providerServiceAccount, reconcilerName];

/**
 * The rights to change the annotation of pods, which are only installed if the option asks for them, and the policy
 * that limits these rights. RBAC can't restrict a patch to one annotation, so both are always installed together.
 */
export function networkStatusPart({ networkStatus = false }: { readonly networkStatus?: boolean | undefined }) {
  return networkStatus ? [...annotationPolicy(), ...rights()] : [];
}

function rights(): Manifest[] {
  const rbac = "rbac.authorization.k8s.io";
  const rules: Rule[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["patch"] },
    // Needed to see whether multus-dynamic-networks-controller is installed, which would unplug the NICs of such
    // entries.
    { apiGroups: [rbac], resources: ["clusterroles"], resourceNames: [dynamicNetworksRole], verbs: ["get"] },
  ];
  const metadata = { name };
  const role = { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata, rules };
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata,
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
    subjects: accounts.map((account) => ({ kind: "ServiceAccount", name: account, namespace: systemNamespace })),
  };
  return [role, binding];
}

/** Refuses every change of a pod by our accounts, except changes of the annotation. */
function annotationPolicy(): Manifest[] {
  const users = accounts.map(userOfAccount);
  const annotation = literal(networkStatusAnnotation);
  const unchanged = (field: string, empty: string) =>
    `object.metadata.?${field}.orValue(${empty}) == oldObject.metadata.?${field}.orValue(${empty})`;
  const words = `request.userInfo.username + ' may change nothing of a pod but its annotation ${networkStatusAnnotation}'`;
  return admissionPolicy({
    name: `pod-annotation.${group}`,
    resources: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["pods", "pods/*"] }],
    condition: `request.userInfo.username in ${literal(users)}`,
    variables: {
      before: "oldObject.metadata.?annotations.orValue({})",
      after: "object.metadata.?annotations.orValue({})",
    },
    validations: [
      { expression: "request.?subResource.orValue('') == ''", messageExpression: words },
      { expression: "object.spec == oldObject.spec", messageExpression: words },
      ...[unchanged("labels", "{}"), unchanged("finalizers", "[]"), unchanged("ownerReferences", "[]")].map(
        (expression) => ({ expression, messageExpression: words }),
      ),
      ownersUnchanged(["f:metadata", "f:annotations", `f:${networkStatusAnnotation}`], words),
      {
        expression: `variables.after.all(key, key == ${annotation} || (key in variables.before && variables.before[key] == variables.after[key]))`,
        messageExpression: words,
      },
      {
        expression: `variables.before.all(key, key == ${annotation} || key in variables.after)`,
        messageExpression: words,
      },
    ],
  });
}
