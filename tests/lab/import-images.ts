import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { enter } from "./enter.ts";
import type { Image } from "./images.ts";
import { nodeDir, type Node } from "./layout.ts";
import { ctr, kindOf, stored } from "./node-kinds.ts";
import { listBlobs } from "./oci-image.ts";
import { findInit } from "./processes.ts";
import { run, until } from "./run.ts";

/** The images that a node's container runtime already has: the layout of each image, and all blobs. */
interface Imported {
  layouts: Record<string, string>;
  blobs: string[];
}

/** Imports images into a node's container runtime, except those that it already has in the same version. */
export async function importImages(node: Node, images: readonly Image[]): Promise<void> {
  const file = join(nodeDir(node), "imported-images.json");
  const imported: Imported = existsSync(file)
    ? (JSON.parse(await readFile(file, "utf8")) as Imported)
    : { layouts: {}, blobs: [] };
  for (const image of images) {
    const { reference, layout } = image;
    if (imported.layouts[reference] === layout) continue;
    await until(`the container runtime of ${node}`, 180, () => isAnswering(node));
    // A new build of an image shares its largest layer with the previous one, but the runtime may have deleted that.
    const failure = (await importImage(node, image, imported.blobs)) && (await importImage(node, image, []));
    if (failure !== "") throw new Error(`importing image ${reference} on ${node}: ${failure}`);
    imported.layouts[reference] = layout;
    imported.blobs = [...new Set([...imported.blobs, ...(await listBlobs(layout))])];
    await writeFile(file, JSON.stringify(imported));
  }
}

async function isAnswering(node: Node): Promise<true | undefined> {
  // Before the node has its own /run, the machine's containerd would answer.
  if (!existsSync(join(nodeDir(node), "has-own-files"))) return undefined;
  if (findInit(node) === undefined) return undefined; // It ended early, and is about to be started again.
  const { runtime, socket } = kindOf(node);
  if ((await run(enter(node, ["test", "-S", socket]))).code !== 0) return undefined;
  if (runtime === "crio") return true;
  return (await run(enter(node, ctr(node, "version")))).code === 0 ? true : undefined;
}

/**
 * Imports an image; returns the runtime's error, if any. The image is sent through a pipe, because the node may not see
 * the cache's folder.
 */
function importImage(node: Node, { reference, layout }: Image, known: readonly string[]): Promise<string> {
  if (kindOf(node).runtime === "containerd")
    return pipe(layout, known, enter(node, ctr(node, "images", "import", "-")));
  const policy = join(nodeDir(node), "policy.json");
  const copy =
    'd=$(mktemp -d) && trap "rm -rf $d" EXIT && tar -x -C "$d" && skopeo --policy "$1" copy --quiet "oci:$d" "$2"';
  return pipe(layout, [], enter(node, ["sh", "-c", copy, "copy", policy, stored(node, reference)]));
}

/** Sends a layout as a tar archive to a program; returns the program's error, if any. */
async function pipe(layout: string, known: readonly string[], [program = "", ...rest]: string[]): Promise<string> {
  const excluded = known.map((blob) => `--exclude=${blob}`);
  const tar = spawn("tar", ["-c", "-C", layout, ...excluded, "."], { stdio: ["ignore", "pipe", "ignore"] });
  const importing = spawn(program, rest, { stdio: [tar.stdout, "ignore", "pipe"] });
  tar.stdout.destroy(); // Only the program reads the archive, so this process closes its own end of the pipe.
  let words = "";
  importing.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));
  return new Promise((resolve, reject) => {
    tar.on("error", reject);
    importing.on("error", reject);
    importing.on("close", (code) => resolve(code === 0 ? "" : words || `exit code ${code}`));
  });
}
