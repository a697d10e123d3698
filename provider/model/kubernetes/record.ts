import { annotations } from "../names.ts";

/** Metadata of a record of our API group, as far as we read or write it. */
export interface RecordMetadata {
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly object[];
}

/** A record of our API group. */
export interface OurRecord<Kind extends string, Spec, Metadata extends RecordMetadata = RecordMetadata> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: Metadata;
  readonly spec: Spec;
}

/** A record as the API server returns it. */
export type Stored<Record extends { readonly metadata: RecordMetadata }> = Record & {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
};

/** The object without the list of who wrote which field, which is often longer than the rest. */
export function withoutManagedFields<T extends { readonly metadata: object }>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as { readonly managedFields?: unknown };
  return { ...object, metadata };
}

/** Owner that a record names: the URN of the Pulumi resource that declared it, or the VnicSet that made it. */
export function ownerOf({ metadata }: { readonly metadata: RecordMetadata }): string | undefined {
  return metadata.annotations?.[annotations.owner];
}
