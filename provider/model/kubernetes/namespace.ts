/** The fields of a Namespace (core/v1) that we read. */
export interface NamespaceObject {
  readonly metadata?: {
    readonly uid?: string;
    readonly deletionTimestamp?: unknown;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}
