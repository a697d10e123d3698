import * as client from "@kubernetes/client-node";
import { systemNamespace } from "../../provider/model/names.ts";
import type { Manifest, Rule } from "../../provider/model/platform/manifest.ts";

/** A right of an account on the API server, in one namespace or in all. */
export interface Right {
  readonly account: string;
  readonly verb: string;
  readonly group: string;
  /** The resource with its subresource, like `pods/attach`. */
  readonly resource: string;
  readonly namespace: string | undefined;
}

/** All rights that the manifests grant. */
export function grantedBy(manifests: readonly Manifest[]): Right[] {
  const roles = manifests.filter(({ kind }) => ["Role", "ClusterRole"].includes(kind)) as (Manifest & {
    rules: Rule[];
  })[];
  const bindings = manifests.filter(
    ({ kind }) => kind.endsWith("Binding") && !kind.startsWith("Validating"),
  ) as (Manifest & {
    roleRef: { kind: string; name: string };
    subjects: { name: string }[];
  })[];
  return bindings.flatMap(({ metadata, roleRef, subjects }) => {
    const role = roles.find(({ kind, metadata: of }) => kind === roleRef.kind && of.name === roleRef.name);
    return subjects.flatMap(({ name: account }) =>
      (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            verbs.map((verb) => ({ account, verb, group, resource, namespace: metadata.namespace })),
          ),
        ),
      ),
    );
  });
}

/** Whether a right is granted, directly or cluster-wide. */
export function isGranted(granted: readonly Right[], { account, verb, group, resource, namespace }: Right): boolean {
  return granted.some(
    (one) =>
      one.account === account &&
      one.verb === verb &&
      one.group === group &&
      one.resource === resource &&
      (one.namespace === undefined || one.namespace === namespace),
  );
}

/** Asks a real API server whether one of our service accounts has a right. */
export function openReviews(kubeconfig: string): (right: Right) => Promise<boolean> {
  const config = new client.KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(client.AuthorizationV1Api);
  return async ({ account, verb, group, resource: path, namespace }) => {
    const [resource = "", subresource] = path.split("/");
    const resourceAttributes = {
      verb,
      group,
      resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
    };
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${systemNamespace}`, "system:authenticated"];
    const user = `system:serviceaccount:${systemNamespace}:${account}`;
    const { status } = await api.createSubjectAccessReview({ body: { spec: { user, groups, resourceAttributes } } });
    return status?.allowed ?? false;
  };
}
