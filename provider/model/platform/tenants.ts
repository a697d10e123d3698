import { group, inlineRole, inlineVerb } from "../names.ts";
import type { Manifest, Rule } from "./manifest.ts";

/* What people may be given: the rights on records that go into Kubernetes' own roles, and one that goes into none. */

/** The ClusterRoles for people. They come with the policies, without which the right to write Vnics would be that of a node's administrator. */
export function tenantRoles(): Manifest[] {
  const read = ["get", "list", "watch"];
  const records = { apiGroups: [group], resources: ["vnics", "vnicsets"] };
  return [
    role("vnic-view", ["view", "edit", "admin"], [{ ...records, verbs: read }]),
    role("vnic-edit", ["edit", "admin"], [{ ...records, verbs: ["create", "update", "patch", "delete"] }]),
    role(inlineRole, [], [{ apiGroups: [group], resources: ["vnicnetworks"], verbs: [inlineVerb] }]),
  ];
}

/** `into`: the roles that Kubernetes makes of all those with such a label. */
function role(name: string, into: readonly string[], rules: readonly Rule[]): Manifest {
  const labels = Object.fromEntries(into.map((one) => [`rbac.authorization.k8s.io/aggregate-to-${one}`, "true"]));
  const metadata = { name, ...(into.length === 0 ? {} : { labels }) };
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules } as Manifest;
}
