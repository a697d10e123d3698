import { defaultImage } from "../base/package.ts";
import { omitUndefined } from "../model/schema/known.ts";
import { connectionTo } from "./clusters.ts";
import type { FileValue, StackFile } from "./stack-file.ts";

/** Reads keys of the stack's configuration; secrets arrive decrypted. */
export interface StackConfig {
  get(key: string): string | undefined;
}

/**
 * How to reach the cluster. Settings are never inputs, so that rotated credentials cause no diff and never enter a
 * resource's state.
 */
export interface Settings {
  /** A kubeconfig's path or text, or `env:<variable>` with either. Default: where `kubectl` finds one. */
  readonly kubeconfig?: string;
  /** The kubeconfig's context. Default: its current context. */
  readonly context?: string;
  /** The setting from which the kubeconfig comes, for error messages; only for a cluster from `vnic:clusters`. */
  readonly setting?: string;
  /** The node image. Default: `localhost/pulumi-vnic-node:<version>`. */
  readonly image: string;
}

/**
 * The stack's settings, without the prefix `vnic:`, and for each the environment variable that is used without it.
 * docs/operations.md says when each is read and where it is stored.
 */
export const stackSettings = {
  kubeconfig: "VNIC_KUBECONFIG",
  context: "VNIC_CONTEXT",
  clusters: "VNIC_CLUSTERS",
  image: "VNIC_IMAGE",
} as const;

type StackSetting = keyof typeof stackSettings;

/** Where settings come from. */
export interface SettingsSources {
  /** The configuration that the engine has passed to the provider. */
  readonly configured: StackConfig;
  /**
   * Whether the program is running, so that the configuration is current. Otherwise it is what the last `up` stored.
   */
  readonly isCurrent: boolean;
  /** The stack's settings file, if the program isn't running and the file exists. */
  readonly file?: StackFile | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The current settings. A value in the current configuration takes precedence over the environment; a value that the
 * last `up` stored comes last.
 * @param cluster Name of a cluster in `vnic:clusters`. Default: the stack's own cluster.
 * @throws VnicError `invalid` if there is no such cluster, or the setting can't be read.
 */
export function readSettings(sources: SettingsSources, cluster?: string): Settings {
  const own = ownSettings(sources);
  if (cluster === undefined) return own;
  const { kubeconfig, context, image = own.image } = connectionTo(cluster, clustersOf(sources));
  if (kubeconfig === undefined) return omitUndefined({ kubeconfig: own.kubeconfig, context, image });
  return omitUndefined({ kubeconfig, context, image, setting: `vnic:clusters, ${cluster}.kubeconfig` });
}

/** Value of the setting `vnic:clusters`. */
export function clustersOf(sources: SettingsSources): string | undefined {
  return find("clusters", sources);
}

function ownSettings(sources: SettingsSources): Settings {
  return omitUndefined({
    kubeconfig: find("kubeconfig", sources),
    context: find("context", sources),
    image: find("image", sources) ?? defaultImage,
  });
}

/** Whether the value of a key is the one that the last `up` stored, which may be out of date. */
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

function find(name: StackSetting, sources: SettingsSources): string | undefined {
  const key = `vnic:${name}`;
  const { configured, isCurrent, file } = sources;
  const fromEnvironment = findInEnvironment(name, sources.env);
  if (isCurrent) return configured.get(key) ?? fromEnvironment;
  const value: FileValue = file?.get(key) ?? { hidden: true };
  return "hidden" in value ? (fromEnvironment ?? configured.get(key)) : (value.plain ?? fromEnvironment);
}

/** The setting by its environment variable. A kubeconfig stays there, so that only the variable's name is passed on. */
function findInEnvironment(name: StackSetting, env: NodeJS.ProcessEnv): string | undefined {
  const variable = stackSettings[name];
  const value = env[variable] || undefined;
  return name === "kubeconfig" && value !== undefined ? `env:${variable}` : value;
}
