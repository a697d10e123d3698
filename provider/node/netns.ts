import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { netnsDirectory } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "./host-path.ts";
import { type Lasting, type LastingEars, start, startLasting, type Started } from "./run.ts";

/** A network namespace to work in: the path of its bind mount, or `node` for the one we run in. */
export type Netns = "node" | { readonly path: string };

/** Runs a program in a network namespace, and in no other namespace of the pod (nsenter(1)). */
export function runIn(netns: Netns, program: string, args: readonly string[], input = ""): Promise<string> {
  return startIn(netns, program, args).finish(input);
}

/** Starts one there that waits for its input. */
export function startIn(netns: Netns, program: string, args: readonly string[]): Started {
  return start(...enter(netns, program, args));
}

/** Starts one there that runs on. */
export function startLastingIn(netns: Netns, program: string, args: readonly string[], ears: LastingEars): Lasting {
  return startLasting(...enter(netns, program, args), ears);
}

function enter(netns: Netns, program: string, args: readonly string[]): [string, readonly string[]] {
  return netns === "node" ? [program, args] : ["nsenter", [`--net=${netns.path}`, "--", program, ...args]];
}

/** The runtime's bind mount of a network namespace, by its path from the directory where these usually are. */
export function netnsPath(name: string): string {
  return hostPath(resolve(netnsDirectory, name));
}

/** The path, as `netnsPath` takes it: a base name alone where namespaces usually are. */
export function netnsName(path: string): string {
  return dirname(path) === netnsDirectory ? basename(path) : path;
}

/** The inode of a network namespace, which no other has while it lives; undefined when it is gone. */
export async function netnsInode(name: string): Promise<number | undefined> {
  try {
    return (await stat(netnsPath(name))).ino;
  } catch {
    return undefined;
  }
}
