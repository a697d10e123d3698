import * as client from "@kubernetes/client-node";
import { systemNamespace, userOfAccount } from "../../provider/model/names.ts";
import type { Manifest, Rule } from "../../provider/model/platform/manifest.ts";
import type { ApiServer } from "./api/server.ts";
import { kubectl } from "./cluster.ts";

/** A right of an account on the API server, in one namespace or in all. */
export interface Right {
  readonly account: string;
  readonly verb: string;
  readonly group: string;
  /** The resource with its subresource, like `pods/attach`. */
  readonly resource: string;
  readonly namespace: string | undefined;
}

/** The groups of our service accounts. */
const groups = ["system:serviceaccounts", `system:serviceaccounts:${systemNamespace}`, "system:authenticated"];

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
    const spec = { user: userOfAccount(account), groups, resourceAttributes };
    const { status } = await api.createSubjectAccessReview({ body: { spec } });
    return status?.allowed ?? false;
  };
}

/**
 * All rights of one of our service accounts in a namespace, as the API server lists them. Those that all accounts have
 * are left out.
 */
export async function listRights(
  api: Pick<ApiServer, "kubectl">,
  account: string,
  namespace: string,
): Promise<Right[]> {
  const rulesOf = async (name: string) => {
    const user = userOfAccount(name);
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
    const as = [`--as=${user}`, ...groups.map((group) => `--as-group=${group}`)];
    const text = await kubectl(
      api.kubectl,
      ["create", "--validate=false", "-f", "-", "-o", "json", ...as],
      JSON.stringify(review),
    );
    const { status } = JSON.parse(text) as { status: { resourceRules: Rule[]; incomplete: boolean } };
    if (status.incomplete) throw new Error(`the rights of ${user} can't be listed`);
    return status.resourceRules.flatMap(({ apiGroups, resources, resourceNames = [""], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) =>
            resourceNames.map((name) => ({
              account,
              verb,
              group,
              resource: name ? `${resource} ${name}` : resource,
              namespace,
            })),
          ),
        ),
      ),
    );
  };
  const usual = new Set((await rulesOf("nobody")).map(keyOf));
  const all = await rulesOf(account);
  return all.filter((right) => !usual.has(keyOf(right)));
}

/** A right as one text. */
export function keyOf({ verb, group, resource }: Right): string {
  return `${verb} ${resource}${group && `.${group}`}`;
}
