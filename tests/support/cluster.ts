import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { group, providerServiceAccount, systemNamespace } from "../../provider/model/names.ts";
import type { Manifest } from "../../provider/model/platform/manifest.ts";
import type { PlatformOptions } from "../../provider/model/platform/options.ts";
import { partManifests, platformManifests, type PlatformPart } from "../../provider/model/platform/platform.ts";
import { defaultImage } from "../../provider/base/package.ts";
import type { Lab } from "../lab/index.ts";
import { until } from "../lab/run.ts";
import { runCommand } from "./command-line.ts";

type Kubectl = Lab["kubectl"];

/** Folders with credentials, which are removed with this process. */
const credentials: string[] = [];
process.once("exit", () => credentials.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Runs kubectl, which must succeed; returns its stdout. */
export async function kubectl(run: Kubectl, argv: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await run(argv, input);
  if (code !== 0) throw new Error(`kubectl ${argv.join(" ")}: ${stderr.trim()}`);
  return stdout;
}

export async function applyObjects(run: Kubectl, objects: readonly object[]): Promise<void> {
  await kubectl(
    run,
    ["apply", "--server-side", "--force-conflicts", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  );
}

/**
 * Parts that run or decide by themselves: they would repair or refuse what most tests break on purpose, so tests
 * install them explicitly.
 */
const standingParts: readonly PlatformPart[] = ["policies", "agent", "reconciler"];

/**
 * Installs the manifests that `npx pulumi-vnic manifests` prints, with only the requested standing parts, each as `adapt`
 * changes it.
 */
export async function installPlatform(
  run: Kubectl,
  standing: readonly PlatformPart[] = [],
  options: Partial<PlatformOptions> = {},
  adapt: (manifest: Manifest) => object = (manifest) => manifest,
): Promise<void> {
  const without = standingParts.filter((part) => !standing.includes(part));
  const manifests = platformManifests({ image: defaultImage, without, ...options });
  await applyObjects(
    run,
    manifests.map((manifest) => adapt(manifest)),
  );
  await awaitKinds(run, ...["vnics", "vnicsets", "vnicnetworks", "vnicaddresses"].map((kind) => `${kind}.${group}`));
}

/** Waits until kubectl knows kinds, which the API server lists only a moment after their CRDs are established. */
export async function awaitKinds(run: Kubectl, ...kinds: readonly string[]): Promise<void> {
  const list = ["get", kinds.join(","), "-A", "--no-headers"];
  await until(`kubectl to know ${kinds.join(", ")}`, 300, async () => (await run(list)).code === 0 || undefined);
}

/**
 * Removes everything of ours from the lab, with all Vnics, including the demo's. Afterwards the cluster is like one
 * that has never had a Vnic.
 */
export async function uninstallPlatform(lab: Pick<Lab, "kubeconfig">): Promise<void> {
  const { code, stdout, stderr } = await runCommand(["uninstall", "--delete-records"], { kubeconfig: lab.kubeconfig });
  if (code !== 0) throw new Error(`pulumi-vnic uninstall: ${stdout}${stderr}`);
}

/** The names of the injection Jobs that haven't ended. */
export async function sessionsAtWork(run: Kubectl): Promise<string[]> {
  const words = ["get", "jobs", "-n", systemNamespace, "-o", "json"];
  const { items } = JSON.parse(await kubectl(run, words)) as {
    items: { metadata: { name: string; deletionTimestamp?: string }; status: { conditions?: object[] } }[];
  };
  return items
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !status.conditions?.length)
    .map(({ metadata }) => metadata.name);
}

/** Removes parts. */
export async function removeParts(run: Kubectl, ...parts: PlatformPart[]): Promise<void> {
  const items = parts.flatMap((part) => partManifests(part, { image: defaultImage }));
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await kubectl(run, ["delete", "--ignore-not-found", "--wait=true", "-f", "-"], list);
}

/**
 * A kubeconfig of the provider's service account, with only its rights, in a file that is removed with this process.
 */
export function providerKubeconfig(run: Kubectl): Promise<string> {
  return serviceAccountKubeconfig(run, systemNamespace, providerServiceAccount);
}

export async function serviceAccountKubeconfig(
  run: Kubectl,
  namespace: string,
  name: string,
  boundTo: readonly string[] = [],
): Promise<string> {
  const token = (await kubectl(run, ["create", "token", name, "-n", namespace, "--duration=4h", ...boundTo])).trim();
  const admin = JSON.parse(await kubectl(run, ["config", "view", "--raw", "--minify", "-o", "json"])) as {
    clusters: unknown[];
    contexts: { context: { cluster: string } }[];
  };
  const own = {
    apiVersion: "v1",
    kind: "Config",
    clusters: admin.clusters,
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: admin.contexts[0]?.context.cluster, user: name } }],
    "current-context": name,
  };
  return writeCredential(JSON.stringify(own));
}

/** Writes a kubeconfig to a file that is removed with this process. */
export async function writeCredential(kubeconfig: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vnic-kubeconfig-"));
  credentials.push(folder);
  const path = join(folder, "kubeconfig");
  await writeFile(path, kubeconfig, { mode: 0o600 });
  return path;
}
