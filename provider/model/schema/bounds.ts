import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { shownAs } from "./shown-as.ts";

/*
 * Bounds of every list and text in a definition, which apply in previews, in the CRDs and on the node. Longer values
 * are a mistake or an attack, and would slow down everybody who reads them.
 */

/** Maximum number of items of lists. */
export const maxItems = {
  addresses: 64,
  routes: 512,
  /** One for each address family. */
  gateways: 2,
  /** Networks of the cluster that a default route excludes. */
  exceptions: 256,
  /** Networks that exist only within the cluster. */
  clusterNetworks: 256,
  /** Addresses of a node, which its kubelet reports. */
  nodeAddresses: 64,
  /** One for each address family. */
  ranges: 2,
  exclusions: 1024,
  parents: 1024,
  /** A segment for each parent, and the names of those on a node. */
  segments: 1032,
  namespaces: 1024,
  macPrefixes: 64,
  labels: 64,
  /** Metadata of a record that others than drivers write. */
  annotations: 64,
  finalizers: 32,
  ownerReferences: 32,
  managedFields: 64,
  /** Conditions of a status, including those of other writers. */
  conditions: 64,
  /** Address claims in a Vnic's status. A Vnic with more has its other claims read before they are released. */
  addressClaims: 128,
  /** Addresses seen on a NIC, to which a pod may add any number. */
  seenAddresses: 256,
} as const;

/** Maximum number of characters of texts. */
export const maxLength = {
  /** An address or subnet in any notation. */
  address: 63,
  /** Two addresses with a dash in between. */
  span: 127,
  mac: 63,
  parent: 63,
  /** A parent with VLAN IDs. */
  segment: 100,
  /** Prefix, "/" and name. */
  labelKey: 317,
  labelValue: 63,
  labelName: 63,
  objectName: 253,
  /** Namespace, "/" and name. */
  attachment: 317,
  hostname: 253,
  /** A Pulumi URN or another owner's name. */
  owner: 4096,
  /** The CNI configuration in a NetworkAttachmentDefinition. */
  attachmentConfig: 65_536,
  /** A condition of any writer (`metav1.Condition`). */
  conditionType: 316,
  conditionReason: 1024,
  conditionMessage: 32_768,
  /** The message of our own conditions. */
  message: 4096,
  /** RFC 3339. */
  time: 63,
} as const;

/** A text of limited length; `what` names it in error messages. */
export function text(mostCharacters: number, what: string): z.ZodString {
  return z.string().max(mostCharacters, {
    error: ({ input }) => `${quote(input)} is longer than the ${mostCharacters} characters of ${what}`,
    abort: true,
  });
}

/** A list of limited length. The items of a longer one aren't validated. `validations`: rules of the list in a CRD. */
export function list<T extends z.ZodType>(item: T, mostItems: number, validations: readonly object[] = []) {
  const bounded = z
    .array(z.unknown())
    .max(mostItems, { error: ({ input }) => tooMany(input, "items", mostItems) })
    .pipe(z.array(item));
  const rules = validations.length === 0 ? {} : { "x-kubernetes-validations": validations };
  return shownAs(bounded, () => z.array(item).max(mostItems).meta(rules));
}

/** A map of limited size. The entries of a larger one aren't validated. */
export function map<K extends z.ZodString, V extends z.ZodType>(
  key: K,
  value: V,
  mostEntries: number,
  validations: readonly object[] = [],
) {
  const bounded = z
    .record(z.string(), z.unknown())
    .refine((entries) => Object.keys(entries).length <= mostEntries, {
      error: ({ input }) => tooMany(input, "entries", mostEntries),
    })
    .pipe(z.record(key, value));
  return shownAs(bounded, () =>
    z.record(key, value).meta({ maxProperties: mostEntries, "x-kubernetes-validations": validations }),
  );
}

function tooMany(input: unknown, items: string, limit: number): string {
  return `has ${Object.keys(input as object).length} ${items}; give at most ${limit}`;
}

/**
 * Whether a raw input is a list of acceptable length. A longer list is reported elsewhere, and its items aren't checked
 * by further rules.
 */
export function isList(input: unknown, mostItems: number): input is readonly unknown[] {
  return Array.isArray(input) && input.length <= mostItems;
}
