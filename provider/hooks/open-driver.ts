import { setTimeout as delay } from "node:timers/promises";
import { isVnicError, VnicError } from "../base/errors.ts";
import { refuseOldNode } from "../base/node-version.ts";
import type { Cluster, VnicSetCluster } from "../cluster/cluster.ts";
import { openCluster } from "../cluster/kube-cluster.ts";
import { Claims, driverName } from "../lifecycle/claim.ts";
import type { Driver } from "../lifecycle/driver.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import { Surveyor } from "../lifecycle/survey.ts";
import type { Problem } from "../model/schema/problem.ts";
import { unknownValue } from "../model/schema/known.ts";
import { isFileMissing } from "./clusters.ts";
import { watchEngine } from "./engine-watch.ts";
import { clusterUidOf, refuseOtherCluster } from "./same-cluster.ts";
import {
  clustersOf,
  isStored,
  readSettings,
  type Settings,
  type SettingsSources,
  type StackConfig,
  stackSettings,
} from "./settings.ts";
import { readStackFile, type StackFile, stackOf } from "./stack-file.ts";

/**
 * A driver for any kind of resource, with the additional calls for VnicSets, and the surveyor for refreshes of many
 * Vnics.
 */
export interface OpenDriver extends Omit<Driver, "report"> {
  readonly cluster: Cluster & VnicSetCluster;
  readonly surveyor: Surveyor;
  /** UID of the cluster. */
  readonly clusterUid: string;
}

/** The resource for which a driver is opened. */
export interface Resource {
  /** The resource's kind and ID, for error messages. */
  readonly what: string;
  /** The resource's URN, which contains the stack's name. */
  readonly declaredBy?: string | undefined;
  /**
   * UID of the cluster in which it was created, according to state; undefined before its creation, or in state of an
   * earlier version.
   */
  readonly clusterUid?: string | undefined;
  /** Name of the resource's cluster in `vnic:clusters`; undefined for the stack's own cluster. */
  readonly cluster?: string | undefined;
}

/** The properties of a resource that is only looked up by its ID. */
export interface LookedUp {
  readonly uid?: undefined;
  readonly declaredBy?: string;
  readonly cluster?: string;
}

const nothing: StackConfig = { get: () => undefined };

let configured = nothing;
let programRan = false;
let isEngineWatched = false;
const opened = new Map<string, Promise<OpenDriver>>();
const files = new Map<string, StackFile | undefined>();

/** Takes the engine's configuration, which is the same for every resource in one engine run. */
export function configureWith(config: StackConfig): void {
  configured = config;
  if (!isEngineWatched) {
    watchEngine(process.argv[2], () => void endProcess());
    // SIGINT is the engine's last message to a plugin. Sessions that are left open would end only by their Jobs' time
    // limits.
    process.once("SIGINT", () => void closeSessions().finally(() => process.exit(0)));
  }
  isEngineWatched = true;
}

/** Ends this process. Nodes finish their current work, and the next engine run continues from there. */
async function endProcess(): Promise<void> {
  await Promise.race([closeSessions(), delay(3000)]);
  process.exit(1);
}

/** Closes the sessions of all clusters. */
async function closeSessions(): Promise<void> {
  const drivers = await Promise.allSettled([...opened.values()]);
  const closing = drivers.flatMap((driver) => (driver.status === "fulfilled" ? [driver.value.sessions.close()] : []));
  await Promise.allSettled(closing);
}

/**
 * Records that the program runs, so that the configuration is current and not that of the last `up`. Called by the hooks
 * that only run with the program.
 *
 * @throws VnicError `invalid` if this Node.js is too old for an `up`, so that a preview already reports it.
 */
export function recordProgramRun(): void {
  refuseOldNode(process.versions.node);
  programRan = true;
}

/**
 * Opens the cluster and its sessions on first use; all resources of this process share them.
 * @throws VnicError `refused` if the current settings lead to another cluster than the one in which the resource was
 * created.
 */
export async function openDriver(resource: Resource): Promise<OpenDriver> {
  const sources = currentSources(resource);
  const settings = await withSettingAdvice("clusters", sources, () => readSettings(sources, resource.cluster));
  const key = JSON.stringify(settings);
  const setting = settings.setting === undefined ? "kubeconfig" : "clusters";
  const driver = await withSettingAdvice(setting, sources, () => opened.get(key) ?? openOnce(key, settings));
  refuseOtherCluster(resource, driver.clusterUid, settings);
  return driver;
}

/**
 * Problems with the settings for a cluster that a program names. It doesn't check whether the cluster answers, or
 * whether a kubeconfig file exists: the same program may create both.
 */
export function clusterProblems({ cluster }: { readonly cluster?: string | undefined }): Problem[] {
  if (cluster === undefined || cluster === unknownValue) return [];
  const sources = currentSources({ what: "" });
  if (isFileMissing(clustersOf(sources))) return [];
  try {
    readSettings(sources, cluster);
    return [];
  } catch (error) {
    if (!isVnicError(error)) throw error;
    return [{ property: "cluster", reason: error.message }];
  }
}

function currentSources({ declaredBy }: Resource): SettingsSources {
  const stack = programRan ? undefined : stackOf(declaredBy);
  if (stack !== undefined && !files.has(stack)) files.set(stack, readStackFile(process.cwd(), stack));
  const file = stack === undefined ? undefined : files.get(stack);
  return { configured, isCurrent: programRan, file, env: process.env };
}

/**
 * Runs `work`. If that fails because of a setting of which only the value from the last `up` is known, the error says
 * how to use the current value.
 */
async function withSettingAdvice<T>(
  setting: "kubeconfig" | "clusters",
  sources: SettingsSources,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isVnicError(error) || !isStored(setting, sources)) throw error;
    const advice = `this vnic:${setting} is the one that the last up stored; to use the current one, pass --run-program or set ${stackSettings[setting]}`;
    throw new VnicError(error.kind, `${error.message}; ${advice}`, { cause: error });
  }
}

function openOnce(key: string, settings: Settings): Promise<OpenDriver> {
  const opening = open(settings);
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return opening;
}

async function open({ image, ...access }: Settings): Promise<OpenDriver> {
  refuseOldNode(process.versions.node);
  const cluster = await openCluster(access);
  const clusterUid = await clusterUidOf(cluster);
  const sessions = new SessionPool(cluster, { image });
  const claims = new Claims(driverName("Pulumi"));
  return { cluster, sessions, claims, surveyor: new Surveyor({ cluster, sessions }), clusterUid };
}
