import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { VnicError } from "../base/errors.ts";
import { isIn, parseLayout, type RuntimeLayout } from "../model/kubernetes/runtime-layout.ts";
import type { Association, InjectPlan } from "../model/wire/session-protocol.ts";
import { hostPath } from "./host-path.ts";
import { netnsInode, netnsName } from "./netns.ts";

/** The part of an OCI runtime configuration (config.json) that leads from a container to its pod's network. */
interface Bundle {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: { readonly namespaces?: readonly { readonly type: string; readonly path?: string }[] };
}

/**
 * Finds the pod's sandbox and with it the pod's network namespace, from the files that the runtime itself wrote and a
 * pod cannot forge. By file rather than by process: no PID can be reused in between, and neither hostPID nor the
 * runtime's socket is needed.
 */
export async function findSandbox(pod: InjectPlan["pod"]): Promise<Association> {
  const [runtime = "", containerId = ""] = pod.containerId.split("://");
  const layout = parseLayout(process.env.VNIC_RUNTIME ?? runtime);
  if (layout.runtime !== runtime)
    throw new VnicError("refused", `this session is for containers of ${layout.runtime}, not of ${runtime}`);
  const sandboxId =
    (await readBundle(layout, containerId))?.annotations?.[layout.annotations.sandboxId] ??
    (await searchSandbox(layout, pod.uid));
  const sandbox = sandboxId === undefined ? undefined : await readBundle(layout, sandboxId);
  if (!sandboxId || !sandbox) throw gone(pod, "the runtime has no sandbox of it");
  if (sandbox.annotations?.[layout.annotations.podUid] !== pod.uid)
    throw gone(pod, `sandbox ${sandboxId} belongs to another pod`);
  const path = sandbox.linux?.namespaces?.find(({ type }) => type === "network")?.path;
  if (!path) throw new VnicError("refused", `pod ${pod.namespace}/${pod.name} has no network namespace of its own`);
  const netns = netnsName(mountedPath(layout, path));
  const inode = await netnsInode(netns);
  if (inode === undefined) throw gone(pod, `its network namespace ${netns} is not there`);
  return { pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid }, sandboxId, netns, inode };
}

/** Where that bind mount is for us; refuses one that lies in no directory that the Job mounts. */
function mountedPath({ name, netnsDirectories }: RuntimeLayout, path: string): string {
  // /var/run is a link to /run on the node (FHS 3.0), and not there in the Job.
  const real = path.replace(/^\/var\/run\//, "/run/");
  if (netnsDirectories.some((directory) => isIn(directory, real))) return real;
  throw new VnicError(
    "refused",
    `the pod's network namespace is at ${path}, where runtime layout ${name} has none: it has them in ${netnsDirectories.join(" and ")}; name the layout of this node, see "Other distributions" in docs/compatibility.md`,
  );
}

/** The container may have ended since the pod was read; the sandbox lives on. Dead sandboxes have no bundle. */
async function searchSandbox(layout: RuntimeLayout, podUid: string): Promise<string | undefined> {
  for (const id of await readdir(hostPath(layout.bundles))) {
    const annotations = (await readBundle(layout, id))?.annotations;
    if (annotations?.[layout.annotations.podUid] === podUid && annotations[layout.annotations.type] === "sandbox")
      return id;
  }
  return undefined;
}

async function readBundle(layout: RuntimeLayout, id: string): Promise<Bundle | undefined> {
  try {
    return JSON.parse(await readFile(join(hostPath(layout.bundles), id, layout.config), "utf8")) as Bundle;
  } catch {
    return undefined;
  }
}

function gone(pod: InjectPlan["pod"], why: string): VnicError {
  return new VnicError("refused", `pod ${pod.namespace}/${pod.name} (UID ${pod.uid}) doesn't run here: ${why}`);
}

/** Whether two associations are with one network namespace, by its path and its inode. */
export function isSamePlace(one: Association, other: Association): boolean {
  return one.netns === other.netns && one.inode === other.inode;
}
