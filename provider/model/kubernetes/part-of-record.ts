import { group } from "../names.ts";
import { omitUndefined } from "../schema/known.ts";
import type { WorkloadObject } from "../vnic-set/selection.ts";
import { type RecordMetadata, withoutManagedFields } from "./record.ts";

/*
 * What the reconciler keeps of records and StatefulSets. Everybody who may write them in one namespace can give each of
 * them hundreds of kilobytes of annotations, which nobody here reads.
 */

/** The part of a record of our group that is kept: all but foreign annotations, and who manages which field. */
export function partOfRecord<T extends { readonly metadata: RecordMetadata }>(record: T): T {
  const kept = withoutManagedFields(record);
  const { annotations } = kept.metadata;
  if (!annotations) return kept;
  const isOurs = (key: string) => key.split("/")[0]?.endsWith(group) === true;
  const own = Object.fromEntries(Object.entries(annotations).filter(([key]) => isOurs(key)));
  return { ...kept, metadata: { ...kept.metadata, annotations: own } };
}

/** The part of a StatefulSet that is kept to find the ordinals of its pods, and which pods it will make. */
export function partOfStatefulSet({ metadata: { name }, spec }: WorkloadObject): WorkloadObject {
  const { replicas, ordinals, template } = spec;
  const { labels } = template.metadata ?? {};
  return {
    metadata: { name },
    spec: { ...omitUndefined({ replicas, ordinals }), selector: {}, template: { metadata: omitUndefined({ labels }) } },
  };
}
