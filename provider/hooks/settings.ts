import { defaultImage } from "../base/package.ts";
import { present } from "../model/schema/known.ts";
import { connectionTo } from "./clusters.ts";
import type { FileValue, StackFile } from "./stack-file.ts";

/** Reads one key of the stack's configuration; secrets arrive decrypted. */
export interface StackConfig {
  get(key: string): string | undefined;
}

/** How the provider reaches its cluster: never inputs, so that rotated credentials make no diff and never enter state. */
export interface Settings {
  /** A kubeconfig's path or text, or `env:<variable>` that holds either. Default: as `kubectl` finds one. */
  readonly kubeconfig?: string;
  /** Which of its contexts. Default: its current one. */
  readonly context?: string;
  /** The setting that the kubeconfig comes from, for errors; only for a cluster that is named. */
  readonly setting?: string;
  /** The node side's image. Default: `localhost/pulumi-vnic-node:<version>`. */
  readonly image: string;
}

/** Where settings come from. */
export interface SettingsSources {
  /** What the engine has configured the provider with. */
  readonly configured: StackConfig;
  /** Whether that is of today: the program has run. Otherwise it is what the last `up` stored. */
  readonly isCurrent: boolean;
  /** The stack's settings file, if the program hasn't run and there is one. */
  readonly file?: StackFile | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The settings of today. A setting that is there goes before the environment; only what the last `up` stored goes after it.
 *
 * @param cluster Name of a cluster in `vnic:clusters`. Default: the stack's own cluster.
 * @throws VnicError `invalid` if that has no such cluster, or can't be read.
 */
export function readSettings(sources: SettingsSources, cluster?: string): Settings {
  const own = ownSettings(sources);
  if (cluster === undefined) return own;
  const { kubeconfig = own.kubeconfig, context, image = own.image } = connectionTo(cluster, clustersOf(sources));
  return present({ kubeconfig, context, image, setting: `vnic:clusters, ${cluster}.kubeconfig` });
}

/** Value of the setting `vnic:clusters`. */
export function clustersOf(sources: SettingsSources): string | undefined {
  return find("clusters", sources.env.VNIC_CLUSTERS || undefined, sources);
}

function ownSettings(sources: SettingsSources): Settings {
  const { env } = sources;
  return present({
    kubeconfig: find("kubeconfig", env.VNIC_KUBECONFIG ? "env:VNIC_KUBECONFIG" : undefined, sources),
    context: find("context", env.VNIC_CONTEXT || undefined, sources),
    image: find("image", env.VNIC_IMAGE || undefined, sources) ?? defaultImage,
  });
}

/** Whether the value in use of a key is what the last `up` stored, which may not be the one of today. */
export function isStored(name: "kubeconfig" | "clusters", sources: SettingsSources): boolean {
  const { configured, isCurrent, file } = sources;
  const key = `vnic:${name}`;
  const value = name === "kubeconfig" ? ownSettings(sources).kubeconfig : clustersOf(sources);
  return (
    !isCurrent &&
    value !== undefined &&
    value === configured.get(key) &&
    "hidden" in (file?.get(key) ?? { hidden: true })
  );
}

function find(name: string, fromEnvironment: string | undefined, sources: SettingsSources): string | undefined {
  const key = `vnic:${name}`;
  const { configured, isCurrent, file } = sources;
  if (isCurrent) return configured.get(key) ?? fromEnvironment;
  const value: FileValue = file?.get(key) ?? { hidden: true };
  return "hidden" in value ? (fromEnvironment ?? configured.get(key)) : (value.plain ?? fromEnvironment);
}
