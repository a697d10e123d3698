import { literal, type Validation } from "./admission.ts";

/*
 * A policy that lets an account change one part of objects has to compare who owns which field, too. This is written in
 * `metadata.managedFields`, which every request that changes an object may replace as well. Otherwise, the account could
 * give fields to managers who don't exist, so that their owners can't apply or remove them any more.
 */

/**
 * A rule that refuses a change of the owners of any field but the one at that path, in the notation of `fieldsV1`. All
 * that is below it may change.
 */
export function ownersUnchanged(path: readonly string[], messageExpression: string): Validation {
  const [before, after] = ["oldObject", "object"].map((one) => `${one}.metadata.?managedFields.orValue([])`) as [
    string,
    string,
  ];
  const each = (list: string, others: string) =>
    `${list}.all(one, ${covered("one.?fieldsV1.orValue({})", sameEntry(others), path)})`;
  return { expression: `${each(after, before)} && ${each(before, after)}`, messageExpression };
}

/** CEL: the fields of the entry in a list that has the same manager as the entry `one`; none if there is none. */
function sameEntry(list: string): string {
  const isSame = ["manager", "operation", "apiVersion", "subresource"]
    .map((key) => `other.?${key}.orValue('') == one.?${key}.orValue('')`)
    .join(" && ");
  return `(${list}.filter(other, ${isSame}).map(other, other.?fieldsV1.orValue({})) + [{}])[0]`;
}

/** CEL: whether all fields in `set` are equal in `other`, except those at the path. */
function covered(set: string, other: string, [key = "", ...rest]: readonly string[], depth = 0): string {
  const [name, there] = [`k${depth}`, `m${depth}`];
  const own = literal(key);
  const inner =
    rest.length === 0 ? "true" : covered(`${set}[${own}]`, `${there}[?${own}].orValue({})`, rest, depth + 1);
  // A map with the field has the mark ".", too. In CEL, a list of one element is a way to give a value a name.
  const isMark = depth === 0 ? "" : ` || ${name} == '.'`;
  return `[${other}].all(${there}, ${set}.all(${name}, ${name} == ${own} ? ${inner} : (${there}[?${name}] == optional.of(${set}[${name}])${isMark})))`;
}
