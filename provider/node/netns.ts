import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { netnsDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "./host-path.ts";
import { type LongRunning, type LineCallbacks, run, start, startLongRunning, type Started } from "./run.ts";

/** A network namespace to work in: the path of its bind mount, or `node` for our own. */
export type Netns = "node" | { readonly path: string };

/** Runs a program in a network namespace. Only the network namespace changes (nsenter(1)). */
export function runIn(netns: Netns, program: string, args: readonly string[], input = ""): Promise<string> {
  return run(...enter(netns, program, args), input);
}

/** Starts a program in a network namespace, ahead of its input; see {@link start}. */
export function startIn(netns: Netns, program: string, args: readonly string[]): Started {
  return start(...enter(netns, program, args));
}

/** Starts a long-running program in a network namespace. */
export function startLongRunningIn(
  netns: Netns,
  program: string,
  args: readonly string[],
  callbacks: LineCallbacks,
): LongRunning {
  return startLongRunning(...enter(netns, program, args), callbacks);
}

function enter(netns: Netns, program: string, args: readonly string[]): [string, readonly string[]] {
  return netns === "node" ? [program, args] : ["nsenter", [`--net=${netns.path}`, "--", program, ...args]];
}

/** The path of the runtime's bind mount of a network namespace, whose name is relative to the usual directory. */
export function netnsPath(name: string): string {
  return hostPath(resolve(netnsDirectory, name));
}

/** The inverse of `netnsPath`: the base name if the path is in the usual directory, or else the path. */
export function netnsName(path: string): string {
  return dirname(path) === netnsDirectory ? basename(path) : path;
}

/**
 * The inode of a pod's network namespace, unique while the namespace exists; undefined if it is gone. Its path may be left
 * as an empty file when a runtime has only unmounted it. What isn't a namespace is never opened, because a FIFO blocks who
 * opens it. The node's own namespace is no pod's.
 */
export async function netnsInode(name: string): Promise<number | undefined> {
  const [found, own] = await Promise.all([netnsPath(name), hostPath("/proc/self/ns/net")].map(statOf));
  // All namespaces are on one file system (nsfs).
  return !own || (found?.dev === own.dev && found.ino !== own.ino) ? found?.ino : undefined;
}

function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

/** A pod's network namespace; the inode tells it from a later one at the same path. */
interface PodNetns {
  readonly netns: string;
  readonly inode: number;
}

/** Whether a pod's network namespace still exists. */
export async function isAlive({ netns, inode }: PodNetns): Promise<boolean> {
  return (await netnsInode(netns)) === inode;
}

/** Works in a pod's network namespace; resolves to `otherwise` if that is gone, or if it goes during the work. */
export async function whileAlive<T>(pod: PodNetns, work: () => Promise<T>, otherwise: T): Promise<T> {
  if (!(await isAlive(pod))) return otherwise;
  try {
    return await work();
  } catch (error) {
    if (await isAlive(pod)) throw error;
    return otherwise;
  }
}
