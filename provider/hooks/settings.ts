import type { Cluster, VnicSetCluster } from "../cluster/cluster.ts";
import { openCluster } from "../cluster/kube-cluster.ts";
import { hostname } from "node:os";
import { Claims } from "../lifecycle/claim.ts";
import type { Driver } from "../lifecycle/driver.ts";
import { SessionPool } from "../lifecycle/session/session-pool.ts";
import { Surveyor } from "../lifecycle/survey.ts";
import { VnicError } from "../base/errors.ts";
import { defaultImage, leastNode } from "../base/package.ts";

/** Reads one key of the stack's configuration; secrets arrive decrypted. */
export interface StackConfig {
  get(key: string): string | undefined;
}

/** How the provider reaches its cluster: never inputs, so that rotated credentials make no diff and never enter state. */
export interface Settings {
  /** `vnic:kubeconfig`: a kubeconfig's text or path. Default: the environment's `KUBECONFIG`. */
  readonly kubeconfig?: string;
  /** `vnic:context`: which of its contexts. Default: its current one. */
  readonly context?: string;
  /** `vnic:image`: the node side's image. Default: the environment's `VNIC_IMAGE`, then `localhost/pulumi-vnic-node:<version>`. */
  readonly image: string;
}

export function readSettings(config: StackConfig): Settings {
  const kubeconfig = config.get("vnic:kubeconfig");
  const context = config.get("vnic:context");
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    image: config.get("vnic:image") ?? process.env.VNIC_IMAGE ?? defaultImage,
  };
}

let settings: Settings | undefined;

/** A driver for whatever resource; VnicSets need more of its cluster, and a refresh sees many Vnics. */
export interface OpenDriver extends Omit<Driver, "report"> {
  readonly cluster: Cluster & VnicSetCluster;
  readonly surveyor: Surveyor;
}

let opened: Promise<OpenDriver> | undefined;

/** Takes the stack's configuration; the same in every resource of one engine run. */
export function configureWith(config: StackConfig): void {
  settings = readSettings(config);
  opened = undefined;
}

/** The cluster and its sessions, opened on first use and shared by all resources of this process. */
export function openDriver(): Promise<OpenDriver> {
  opened ??= open(settings ?? readSettings({ get: () => undefined })).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function open({ image, ...access }: Settings): Promise<OpenDriver> {
  refuseOldNode(process.versions.node);
  const cluster = await openCluster(access);
  const sessions = new SessionPool(cluster, { image });
  // The engine's last word to a plugin; sessions that linger then would have to be ended by their Jobs' time to live.
  process.once("SIGINT", () => void sessions.close().finally(() => process.exit(0)));
  const claims = new Claims(`Pulumi on ${hostname()} (process ${process.pid})`);
  return { cluster, sessions, claims, surveyor: new Surveyor({ cluster, sessions }) };
}

/** The Kubernetes client can't even be loaded on an older Node.js, and doesn't say why. */
export function refuseOldNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = leastNode;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new VnicError(
    "invalid",
    `Node.js ${version} is too old for the Kubernetes client: put Node.js ${leastNode.join(".")} or newer first on PATH`,
  );
}
