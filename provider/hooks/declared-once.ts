import { unknownValue } from "../model/schema/known.ts";
import type { Problem } from "../model/schema/problem.ts";

/** The URN of the resource that declares a record in this run of the engine, by kind, cluster and ID of the record. */
const declarers = new Map<string, string>();

/** What identifies a record, in the inputs of each kind of resource, and the URN of the resource that declares it. */
interface Declared {
  readonly declaredBy?: string;
  readonly cluster?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly pod?: unknown;
}

/**
 * Finds out whether another resource of the program declares the same record. An `up` would create the first and then
 * fail. The engine checks each resource of a program in the same process, and none that the program no longer declares.
 */
export function declaredOnce(
  kind: string,
  id: string,
  { declaredBy, cluster, name, namespace, pod }: Declared,
): Problem[] {
  const isUnknown = JSON.stringify([cluster, name, namespace, pod]).includes(unknownValue);
  if (declaredBy === undefined || isUnknown) return [];
  const key = JSON.stringify([kind, cluster, id]);
  const first = declarers.get(key) ?? declaredBy;
  declarers.set(key, first);
  if (first === declaredBy) return [];
  const reason = `the resource ${first} declares the same record, ${kind} ${id}; give one of the two another \`name\``;
  return [{ property: "name", reason }];
}
