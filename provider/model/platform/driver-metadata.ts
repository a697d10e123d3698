import { group } from "../names.ts";
import { maxItems } from "../schema/bounds.ts";
import { admissionPolicy, type Validation } from "./admission.ts";
import { specsOfVnics } from "./inline-policy.ts";
import type { Manifest } from "./manifest.ts";

/**
 * CEL: whether the requesting user is a driver. Only drivers may create VnicAddresses, and no Role of a namespace can
 * grant this right, because the kind is cluster-scoped.
 */
export const isDriver = `authorizer.group('${group}').resource('vnicaddresses').check('create').allowed()`;

/**
 * Reserves labels, annotations and finalizers of our API group on Vnics and VnicSets for drivers, which decide by them:
 * on which node to remove a NIC, which addresses to free, and which Vnics keep a Network from being deleted. Also limits
 * the metadata of others. The check for drivers comes first, so that a driver can work on a record whatever metadata it
 * has. What the metadata says of the status is reserved as well: drivers apply a status, which removes of the former one only
 * what is theirs.
 */
export function driverMetadataPolicy(): Manifest[] {
  return admissionPolicy({
    name: `driver-metadata.${group}`,
    resources: specsOfVnics.resources,
    condition: `!${isDriver}`,
    variables: {
      ...states("labels", "{}"),
      ...states("annotations", "{}"),
      ...states("finalizers", "[]"),
      ...states("ownerReferences", "[]"),
      ...states("managedFields", "[]"),
      changedLabels: changedKeys("labels"),
      changedAnnotations: changedKeys("annotations"),
      statusOwnersBefore: statusOwners("Before"),
      statusOwnersAfter: statusOwners("After"),
      changedFinalizers: `(variables.finalizersBefore.filter(f, !(f in variables.finalizersAfter)) + variables.finalizersAfter.filter(f, !(f in variables.finalizersBefore))).filter(f, ${isOurs("f")})`,
    },
    validations: [
      unchanged("labels", "variables.changedLabels"),
      unchanged("annotations", "variables.changedAnnotations"),
      unchanged("finalizers", "variables.changedFinalizers"),
      {
        expression: "variables.statusOwnersBefore == variables.statusOwnersAfter",
        messageExpression: `'metadata.managedFields: what it says of the status is reserved for drivers, and ' + ${isNone}; leave it as it is'`,
      },
      ...parts.map(bounded),
    ],
  });
}

const parts = ["labels", "annotations", "finalizers", "ownerReferences", "managedFields"] as const;

/** Variables with a part of the metadata before and after the request. */
function states(part: (typeof parts)[number], none: string) {
  return {
    [`${part}Before`]: `oldObject == null ? ${none} : oldObject.metadata.?${part}.orValue(${none})`,
    [`${part}After`]: `object.metadata.?${part}.orValue(${none})`,
  };
}

/** CEL: the owners of the fields of the status. */
function statusOwners(state: "Before" | "After"): string {
  return `variables.managedFields${state}.filter(m, m.?subresource.orValue('') == 'status')`;
}

/** CEL: words about a user who is no driver. */
const isNone = `request.userInfo.username + ' is none: it may not create vnicaddresses.${group}`;

/** CEL: the keys of our group whose entries a request adds, changes or removes. */
function changedKeys(part: "labels" | "annotations"): string {
  const [was, is] = [`variables.${part}Before`, `variables.${part}After`];
  const gone = `${was}.filter(k, ${isOurs("k")} && !(k in ${is}))`;
  return `${gone} + ${is}.filter(k, ${isOurs("k")} && (!(k in ${was}) || ${was}[k] != ${is}[k]))`;
}

/** CEL: whether a key or finalizer belongs to our group. */
function isOurs(key: string): string {
  return `${key}.matches('^([a-z0-9-]+[.])*${group.replaceAll(".", "[.]")}/')`;
}

/** Limits what a CRD can't: everybody who watches the records keeps their metadata in memory. What is there may stay. */
function bounded(part: (typeof parts)[number]): Validation {
  const [was, is] = [`variables.${part}Before.size()`, `variables.${part}After.size()`];
  return {
    expression: `${is} <= ${maxItems[part]} || ${is} <= ${was}`,
    messageExpression: `'metadata.${part}: has ' + string(${is}) + ' entries; give at most ${maxItems[part]}'`,
  };
}

function unchanged(part: string, changed: string): Validation {
  return {
    expression: `${changed}.size() == 0`,
    messageExpression: `'metadata.${part}: ' + ${changed}[0] + ' is reserved for drivers, and ' + ${isNone}; leave it as it is'`,
  };
}
