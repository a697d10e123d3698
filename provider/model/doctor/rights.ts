import type { Manifest, Rule } from "../platform/manifest.ts";
import { providerPart } from "../platform/provider.ts";
import { systemNamespace } from "../names.ts";
import { type Finding, fault, ok } from "./finding.ts";

/** The `resourceAttributes` of a SubjectAccessReview (authorization.k8s.io/v1). */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verb: string;
  readonly namespace?: string;
}

/** All rights that the provider needs, taken from its own roles. */
export function neededRights(): Right[] {
  return providerPart().flatMap((manifest) => {
    const { kind, rules } = manifest as Manifest & { rules?: readonly Rule[] };
    if (kind !== "ClusterRole" && kind !== "Role") return [];
    const within = kind === "Role" ? { namespace: systemNamespace } : {};
    return (rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((text) => {
          const [resource = "", subresource] = text.split("/");
          return verbs.map((verb) => ({ group, resource, ...(subresource ? { subresource } : {}), verb, ...within }));
        }),
      ),
    );
  });
}

/** @param denied The rights that the account lacks. */
export function examineRights(account: string, denied: readonly Right[]): Finding[] {
  const subject = `rights of ${account}`;
  if (denied.length === 0) return [ok(subject, "are all that the provider needs")];
  const byResource = Map.groupBy(denied, ({ resource, subresource, group, namespace }) =>
    [
      [resource, subresource].filter(Boolean).join("/"),
      group && `in ${group}`,
      namespace && `in namespace ${namespace}`,
    ]
      .filter(Boolean)
      .join(" "),
  );
  const words = [...byResource].map(([resource, rights]) => `${rights.map(({ verb }) => verb).join(", ")} ${resource}`);
  return [
    fault(
      subject,
      `lack ${words.join("; ")}`,
      "bind it to the role vnic-provider, which the manifests have, or use that account",
    ),
  ];
}
