import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { VnicError } from "../base/errors.ts";
import { isIn, parseLayout, type RuntimeLayout } from "../model/kubernetes/runtime-layout.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { findInCniCache } from "./cni-cache.ts";
import { hostPath } from "./host-path.ts";
import { netnsInode, netnsName } from "./netns.ts";

/** The part of an OCI runtime configuration (config.json) that links a container to its pod's network. */
interface Bundle {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: { readonly namespaces?: readonly { readonly type: string; readonly path?: string }[] };
}

/**
 * Finds the pod's sandbox and its network namespace from files that the runtime wrote and a pod can't forge: the
 * sandbox's bundle, or else libcni's cache. Using files instead of processes, it needs neither hostPID nor the
 * runtime's socket, and no PID can be reused in between.
 */
export async function findSandbox(pod: InjectPlan["pod"]): Promise<Association> {
  const [runtime = "", containerId = ""] = pod.containerId.split("://");
  const layout = parseLayout(process.env.VNIC_RUNTIME ?? runtime);
  if (layout.runtime !== runtime)
    throw new VnicError("refused", `this session is for containers of ${layout.runtime}, not of ${runtime}`);
  // The runtime knows a static pod by the UID from the kubelet, not by that of its mirror pod.
  const uid = pod.runtimeUid ?? pod.uid;
  const found = await searchBundles(layout, containerId, pod, uid);
  const { sandboxId, path } = typeof found === "string" ? await searchCniCache(pod, uid, found) : found;
  const netns = netnsName(mountedPath(layout, path));
  const inode = await netnsInode(netns);
  if (inode === undefined) throw goneError(pod, `its network namespace ${netns} is not there`);
  return { pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid }, sandboxId, netns, inode };
}

interface Found {
  readonly sandboxId: string;
  readonly path: string;
}

/** Finds the sandbox in the runtime's bundles; returns the reason in words if that isn't possible. */
async function searchBundles(
  layout: RuntimeLayout,
  containerId: string,
  pod: InjectPlan["pod"],
  uid: string,
): Promise<Found | string> {
  const sandboxId =
    (await readBundle(layout, containerId))?.annotations?.[layout.annotations.sandboxId] ??
    (await searchSandbox(layout, uid));
  const sandbox = sandboxId === undefined ? undefined : await readBundle(layout, sandboxId);
  if (!sandboxId || !sandbox) return "the runtime has no sandbox of it";
  const { [layout.annotations.podUid]: itsUid, ...its } = sandbox.annotations ?? {};
  // A static pod's UID comes from an annotation that anybody may set on a pod, so the name has to match as well.
  const isNamed =
    its[layout.annotations.podNamespace] === pod.namespace && its[layout.annotations.podName] === pod.name;
  if (itsUid !== uid || (pod.runtimeUid !== undefined && !isNamed))
    return `sandbox ${sandboxId} belongs to another pod`;
  const path = sandbox.linux?.namespaces?.find(({ type }) => type === "network")?.path;
  return path ? { sandboxId, path } : "it has no network namespace of its own";
}

/** Finds the sandbox in libcni's cache; `otherwise` is the reason why the bundles didn't help. */
async function searchCniCache(pod: InjectPlan["pod"], uid: string, otherwise: string): Promise<Found> {
  const live: Found[] = [];
  for (const { sandboxId, netnsPath: path } of await findInCniCache({ ...pod, uid }))
    if ((await netnsInode(netnsName(onNode(path)))) !== undefined) live.push({ sandboxId, path });
  const [only, second] = live;
  if (!only) throw goneError(pod, otherwise);
  if (second) throw goneError(pod, `${otherwise}, and its CNI results name ${live.length} sandboxes that are there`);
  return only;
}

/** Resolves /var/run, which links to /run on the node (FHS 3.0) but doesn't exist in the Job. */
function onNode(path: string): string {
  return path.replace(/^\/var\/run\//, "/run/");
}

/** Maps a bind mount's path to this process; refuses one outside of the directories that the Job mounts. */
function mountedPath({ name, netnsDirectories }: RuntimeLayout, path: string): string {
  const real = onNode(path);
  if (netnsDirectories.some((directory) => isIn(directory, real))) return real;
  throw new VnicError(
    "refused",
    `the pod's network namespace is at ${path}, where runtime layout ${name} has none: it has them in ${netnsDirectories.join(" and ")}; name the layout of this node, see "Other distributions" in docs/compatibility.md`,
  );
}

/**
 * Searches all bundles for the pod's sandbox, in case the container has ended since the pod was read. A sandbox that was
 * removed has no bundle.
 */
async function searchSandbox(layout: RuntimeLayout, podUid: string): Promise<string | undefined> {
  const folder = hostPath(layout.bundles);
  const ids = await readdir(folder).catch((): string[] => []);
  const paths = new Set(ids.map((id) => join(folder, id)));
  for (const path of searched.keys()) if (!paths.has(path)) searched.delete(path);
  for (const id of ids) if ((await podOfSandbox(layout, id)) === podUid) return id;
  return undefined;
}

/**
 * The pods of the sandboxes whose bundles a search has read, by the bundle's path; a container has none. Bundles can be
 * large, as a container's environment can, and pods whose containers end all the time are searched again and again. A
 * runtime doesn't change what is taken from a bundle.
 */
const searched = new Map<string, Promise<string | undefined>>();

function podOfSandbox(layout: RuntimeLayout, id: string): Promise<string | undefined> {
  const path = join(hostPath(layout.bundles), id);
  const known = searched.get(path);
  if (known) return known;
  const read = readBundle(layout, id).then((bundle) => {
    // It may not be written completely yet.
    if (!bundle) searched.delete(path);
    const { [layout.annotations.type]: type, [layout.annotations.podUid]: uid } = bundle?.annotations ?? {};
    return type === "sandbox" ? uid : undefined;
  });
  searched.set(path, read);
  return read;
}

/** The ID of a container or sandbox, which names its bundle. One that an annotation gives could otherwise be a path. */
const bundleId = /^[0-9a-f]{64}$/;

async function readBundle(layout: RuntimeLayout, id: string): Promise<Bundle | undefined> {
  if (!bundleId.test(id)) return undefined;
  try {
    return JSON.parse(await readFile(join(hostPath(layout.bundles), id, layout.config), "utf8")) as Bundle;
  } catch {
    return undefined;
  }
}

function goneError(pod: InjectPlan["pod"], why: string): VnicError {
  return new VnicError("refused", `pod ${pod.namespace}/${pod.name} (UID ${pod.uid}) doesn't run here: ${why}`);
}

/** Whether two associations have the same network namespace, by path and inode. */
export function isSameNetns(one: Association, other: Association): boolean {
  return one.netns === other.netns && one.inode === other.inode;
}
