import { group, inlineRole, inlineVerb, version } from "../names.ts";
import { admissionPolicy } from "./admission.ts";
import type { Manifest } from "./manifest.ts";

/** Vnics and VnicSets, wherever a policy judges their specs. What was let in before may be finalized, whatever it says. */
export const specsOfVnics = {
  resources: [
    {
      apiGroups: [group],
      apiVersions: [version],
      operations: ["CREATE", "UPDATE"],
      resources: ["vnics", "vnicsets"],
    },
  ],
  condition: "request.operation == 'CREATE' || object.spec != oldObject.spec",
} as const;

/**
 * An inline network is any NIC of the node, and a NetworkAttachmentDefinition of another namespace is that one's. Both need a
 * right of their own: the verb `use-inline` on `vnicnetworks`, asked of the API server's authorizer for whoever makes the
 * request, for the whole cluster, so that no Role of a namespace gives it. The Vnics of a VnicSet are written by the reconciler,
 * which has the right: the set itself was judged by the right of its author.
 */
export function inlinePolicy(): Manifest[] {
  const mayUse = `authorizer.group('${group}').resource('vnicnetworks').check('${inlineVerb}').allowed()`;
  const need = `needs the right "${inlineVerb}" on vnicnetworks.${group}, which ' + request.userInfo.username + ' does not have; name a VnicNetwork, or ask an administrator for the ClusterRole ${inlineRole}'`;
  return admissionPolicy({
    name: `inline-networks.${group}`,
    ...specsOfVnics,
    variables: {
      network: "has(object.spec.template) ? object.spec.template.network : object.spec.network",
      attachment: "variables.network.?networkAttachmentDefinition.orValue('')",
      attachedAbroad:
        "variables.attachment.contains('/') && !variables.attachment.startsWith(object.metadata.namespace + '/')",
    },
    validations: [
      {
        expression: `!has(variables.network.parent) || ${mayUse}`,
        messageExpression: `'network.parent: a network that is given by its parent ${need}`,
      },
      {
        expression: `!variables.attachedAbroad || ${mayUse}`,
        messageExpression: `'network.networkAttachmentDefinition: ' + variables.attachment + ' is of another namespace, and ${need}`,
      },
    ],
  });
}
