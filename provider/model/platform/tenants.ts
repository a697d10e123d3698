import { group, inlineRole, inlineVerb } from "../names.ts";
import type { Manifest, Rule } from "./manifest.ts";

/*
 * Rights for users: rights on records, which are added to Kubernetes' own roles, and one right that no role gets by
 * default.
 */

/**
 * The ClusterRoles for users. They are installed with the policies, because without the policies the right to write
 * Vnics would amount to administering the nodes.
 */
export function tenantRoles(): Manifest[] {
  const read = ["get", "list", "watch"];
  const records = { apiGroups: [group], resources: ["vnics", "vnicsets"] };
  return [
    role("vnic-view", ["view", "edit", "admin"], [{ ...records, verbs: read }]),
    role("vnic-edit", ["edit", "admin"], [{ ...records, verbs: ["create", "update", "patch", "delete"] }]),
    role(inlineRole, [], [{ apiGroups: [group], resources: ["vnicnetworks"], verbs: [inlineVerb] }]),
  ];
}

/** Makes a ClusterRole. `into`: Kubernetes' own roles that aggregate it, by label. */
function role(name: string, into: readonly string[], rules: readonly Rule[]): Manifest {
  const labels = Object.fromEntries(into.map((one) => [`rbac.authorization.k8s.io/aggregate-to-${one}`, "true"]));
  const metadata = { name, ...(into.length === 0 ? {} : { labels }) };
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules } as Manifest;
}
