import { apiVersion, group, version } from "../names.ts";
import { admissionPolicy } from "./admission.ts";
import type { Manifest } from "./manifest.ts";

/**
 * A VnicNetwork may name the namespaces whose Vnics may be on it. The lifecycle asks for that, too; this way nobody can as
 * much as write a record that says otherwise. The policy is asked once for each VnicNetwork there is.
 */
export function networkPolicy(): Manifest[] {
  return admissionPolicy({
    name: `network-namespaces.${group}`,
    paramKind: { apiVersion, kind: "VnicNetwork" },
    resources: [
      {
        apiGroups: [group],
        apiVersions: [version],
        operations: ["CREATE", "UPDATE"],
        resources: ["vnics", "vnicsets"],
      },
    ],
    // A Vnic that was there first may still be finalized.
    condition: "request.operation == 'CREATE' || object.spec != oldObject.spec",
    variables: {
      network: "has(object.spec.template) ? object.spec.template.network : object.spec.network",
    },
    validations: [
      {
        expression:
          "variables.network.?name.orValue('') != params.metadata.name || !has(params.spec.namespaces) || object.metadata.namespace in params.spec.namespaces",
        messageExpression:
          "'network.name: VnicNetwork ' + params.metadata.name + ' is not for namespace ' + object.metadata.namespace + '; it is for ' + params.spec.namespaces.join(', ')",
      },
    ],
  });
}
