import * as z from "zod";
import { quote } from "../../base/quote.ts";
import { shownAs } from "./shown-as.ts";

/*
 * How long each list and text of a definition may be, at preview, in the CRDs and on the node alike. What is longer is a mistake
 * or an attack, and would cost everybody who reads it.
 */

/** How many items a list may have. */
export const most = {
  addresses: 64,
  routes: 512,
  /** One of each address family. */
  gateways: 2,
  /** Networks of the cluster beside a default route. */
  exceptions: 256,
  /** One of each address family. */
  ranges: 2,
  exclusions: 1024,
  parents: 1024,
  namespaces: 1024,
  macPrefixes: 64,
  labels: 64,
  /** Conditions of a status, including those of other writers. */
  conditions: 64,
  /** Addresses seen on a NIC in a pod, which may add any number. */
  seenAddresses: 256,
} as const;

/** How many characters a text may have. */
export const longest = {
  /** An address or subnet, in any spelling. */
  address: 63,
  /** Two addresses with a dash between them. */
  span: 127,
  mac: 63,
  parent: 63,
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
  /** A condition of anybody's (`metav1.Condition`). */
  conditionType: 316,
  conditionReason: 1024,
  conditionMessage: 32_768,
  /** A condition's message of ours. */
  message: 4096,
  /** RFC 3339. */
  time: 63,
} as const;

/** A text of at most that many characters; `what` it is, for the message. */
export function text(mostCharacters: number, what: string): z.ZodString {
  return z.string().max(mostCharacters, {
    error: ({ input }) => `${quote(input)} is longer than the ${mostCharacters} characters of ${what}`,
    abort: true,
  });
}

/** A list that is read only if it isn't too long. */
export function list<T extends z.ZodType>(item: T, mostItems: number) {
  const bounded = z
    .array(z.unknown())
    .max(mostItems, { error: ({ input }) => tooMany(input, "items", mostItems) })
    .pipe(z.array(item));
  return shownAs(bounded, z.array(item).max(mostItems));
}

/** Entries by key, read only if they aren't too many. */
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
  return shownAs(
    bounded,
    z.record(key, value).meta({ maxProperties: mostEntries, "x-kubernetes-validations": validations }),
  );
}

function tooMany(input: unknown, items: string, limit: number): string {
  return `has ${Object.keys(input as object).length} ${items}; give at most ${limit}`;
}

/** Whether a raw input is a list that is read; a longer one is reported as such, and no rule looks at its items. */
export function isList(input: unknown, mostItems: number): input is readonly unknown[] {
  return Array.isArray(input) && input.length <= mostItems;
}
