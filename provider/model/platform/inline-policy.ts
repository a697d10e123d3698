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
 * that no Role of a namespace can grant it. Without it, nobody changes a record that has such a network, not even to give it
 * another one. A NetworkAttachmentDefinition doesn't say what Vnics may have, so without the right they have what a Network
 * allows by default: the derived MAC and probing. The reconciler has the right, because it writes the Vnics of VnicSets; the set
 * itself is checked against its author's rights.
 */
export function inlinePolicy(): Manifest[] {
  const mayUse = `authorizer.group('${group}').resource('vnicnetworks').check('${inlineVerb}').allowed()`;
  const need = `needs the right "${inlineVerb}" on vnicnetworks.${group}, which ' + request.userInfo.username + ' does not have`;
  const remedy = `name a VnicNetwork, or ask an administrator for the ClusterRole ${inlineRole}'`;
  return admissionPolicy({
    name: `inline-networks.${group}`,
    ...specsOfVnics,
    variables: {
      spec: "has(object.spec.template) ? object.spec.template : object.spec",
      // In CEL, a list of at most one element is a value that may be absent.
      former: "oldObject == null ? [] : [has(oldObject.spec.template) ? oldObject.spec.template : oldObject.spec]",
      attachment: "variables.spec.network.?networkAttachmentDefinition.orValue('')",
      // What somebody with the right gave to the record stays only on the same NetworkAttachmentDefinition.
      kept: "variables.former.filter(s, s.network.?networkAttachmentDefinition.orValue('') == variables.attachment)",
      formerNetwork: `variables.former.filter(s, ${isRestricted("s.network")})`,
    },
    validations: [
      {
        expression: `!has(variables.spec.network.parent) || ${mayUse}`,
        messageExpression: `'network.parent: a network that is given by its parent ${need}; ${remedy}`,
      },
      {
        expression: `!${isAbroad("variables.attachment")} || ${mayUse}`,
        messageExpression: `'network.networkAttachmentDefinition: ' + variables.attachment + ' is of another namespace, and ${need}; ${remedy}`,
      },
      {
        expression: `variables.formerNetwork.size() == 0 || ${mayUse}`,
        messageExpression: `'network: changing the spec of a record whose network is given by its parent, or is of another namespace, ${need}; delete the record, and make another one'`,
      },
      {
        expression: `variables.attachment == '' || !has(variables.spec.mac) || variables.kept.exists(s, s.?mac.orValue('') == variables.spec.mac) || ${mayUse}`,
        messageExpression: `'mac: choosing one on a NetworkAttachmentDefinition ${need}; leave it out, and one is derived'`,
      },
      {
        expression: `variables.attachment == '' || variables.spec.?duplicateAddressDetection.orValue(true) || variables.kept.exists(s, !s.?duplicateAddressDetection.orValue(true)) || ${mayUse}`,
        messageExpression: `'duplicateAddressDetection: switching it off on a NetworkAttachmentDefinition ${need}; leave it out'`,
      },
    ],
  });
}

/** CEL: whether a reference to a NetworkAttachmentDefinition names another namespace. */
function isAbroad(reference: string): string {
  return `(${reference}.contains('/') && !${reference}.startsWith(object.metadata.namespace + '/'))`;
}

/** CEL: whether a network needs the right. */
function isRestricted(network: string): string {
  return `has(${network}.parent) || ${isAbroad(`${network}.?networkAttachmentDefinition.orValue('')`)}`;
}
