import { group, inlineRole, inlineVerb, version } from "../names.ts";
import { admissionPolicy } from "./admission.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Requests that change the specs of Vnics and VnicSets. Other changes aren't checked, so that objects that were admitted
 * earlier can be finalized, whatever their spec.
 */
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
 * Restricts inline networks, which may be any NIC of the node, and NetworkAttachmentDefinitions of other namespaces.
 * Both need the verb `use-inline` on `vnicnetworks`, which is checked for the requesting user at cluster level, so
 * that no Role of a namespace can grant it. The reconciler has the right, because it writes the Vnics of VnicSets; the
 * set itself is checked against its author's rights.
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
