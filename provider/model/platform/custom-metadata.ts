import { providerServiceAccount } from "../names.ts";
import type { Manifest } from "./manifest.ts";
import type { PlatformOptions } from "./options.ts";

type Texts = Readonly<Record<string, string>>;
interface Described {
  readonly metadata?: object & { readonly labels?: Texts; readonly annotations?: Texts };
}
type Workload = Manifest & { readonly spec?: { readonly template?: Described } };

/** Adds the labels, annotations and pull secrets of the options to an object. */
export function withCustomMetadata(manifest: Manifest, options: PlatformOptions): Manifest {
  const { imagePullSecrets = [] } = options;
  const object: Workload = withMetadata(manifest, options);
  const { kind, metadata } = object;
  if (kind === "ServiceAccount" && metadata.name !== providerServiceAccount && imagePullSecrets.length > 0)
    // The API server adds them to the account's pods.
    return { ...object, imagePullSecrets: imagePullSecrets.map((name) => ({ name })) } as Manifest;
  const template = object.spec?.template;
  if (!template) return object;
  return { ...object, spec: { ...object.spec, template: withMetadata(template, options) } } as Manifest;
}

function withMetadata<T extends object>(object: T, { labels = {}, annotations = {} }: PlatformOptions): T {
  const { metadata = {} } = object as Described;
  const both = { labels: { ...labels, ...metadata.labels }, annotations: { ...annotations, ...metadata.annotations } };
  const given = Object.entries(both).filter(([, texts]) => Object.keys(texts).length > 0);
  return given.length === 0 ? object : { ...object, metadata: { ...metadata, ...Object.fromEntries(given) } };
}
