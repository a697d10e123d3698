import { group, inlineVerb, providerServiceAccount } from "../names.ts";
import { clusterRights, type Manifest, serviceAccount, systemRights } from "./manifest.ts";

/** The account for a Pulumi program, and its rights: no secrets, no pods/exec, no nodes/proxy. */
export function providerPart(): Manifest[] {
  return [
    serviceAccount(providerServiceAccount),
    ...clusterRights(providerServiceAccount, [
      { apiGroups: [""], resources: ["pods", "nodes", "namespaces", "services"], verbs: ["get"] },
      // Needed to keep Vnics from taking the nodes' addresses.
      { apiGroups: [""], resources: ["nodes"], verbs: ["list"] },
      { apiGroups: ["networking.k8s.io"], resources: ["servicecidrs"], verbs: ["list"] },
      { apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: ["get"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create"] },
      { apiGroups: [group], resources: ["vnics"], verbs: ["get", "list", "create", "patch", "delete"] },
      { apiGroups: [group], resources: ["vnicsets"], verbs: ["get", "create", "patch", "delete"] },
      {
        apiGroups: [group],
        resources: ["vnicnetworks"],
        verbs: ["get", "list", "create", "patch", "delete", inlineVerb],
      },
      { apiGroups: [group], resources: ["vnicaddresses"], verbs: ["get", "list", "create", "patch", "delete"] },
      { apiGroups: ["k8s.cni.cncf.io"], resources: ["network-attachment-definitions"], verbs: ["get"] },
      { apiGroups: [group], resources: ["vnics/status"], verbs: ["patch"] },
    ]),
    ...systemRights(providerServiceAccount, [
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete"] },
      // Needed to see whether there is a reconciler, without which VnicSets do nothing.
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
      // Needed to find out why a session doesn't start.
      { apiGroups: [""], resources: ["events"], verbs: ["list"] },
      // "get" opens a WebSocket; since Kubernetes 1.35 "create" is required as well.
      { apiGroups: [""], resources: ["pods/attach"], verbs: ["get", "create"] },
    ]),
  ];
}
