import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { enter } from "./enter.ts";
import type { Image } from "./images.ts";
import { nodeDir, type Node } from "./layout.ts";
import { listBlobs } from "./oci-image.ts";
import { until } from "./run.ts";

/** What a node's containerd has been given: the layout of each image, and all blobs. */
interface Imported {
  layouts: Record<string, string>;
  blobs: string[];
}

/** Brings images to a node's containerd, those that it hasn't got yet in this very form. */
export async function importImages(node: Node, images: readonly Image[]): Promise<void> {
  const file = join(nodeDir(node), "imported-images.json");
  const imported: Imported = existsSync(file)
    ? (JSON.parse(await readFile(file, "utf8")) as Imported)
    : { layouts: {}, blobs: [] };
  for (const { reference, layout } of images) {
    if (imported.layouts[reference] === layout) continue;
    // A new build of an image shares its largest layer with the last one. The second try sends everything.
    let known: readonly string[] = imported.blobs;
    await until(`containerd of ${node} to take ${reference}`, 30, async () => {
      const isTaken = await importImage(node, layout, known);
      known = [];
      return isTaken ? true : undefined;
    });
    imported.layouts[reference] = layout;
    imported.blobs = [...new Set([...imported.blobs, ...(await listBlobs(layout))])];
    await writeFile(file, JSON.stringify(imported));
  }
}

/** The image goes through a pipe: the node may not see the cache's folder. */
async function importImage(node: Node, layout: string, known: readonly string[]): Promise<boolean> {
  const [program = "", ...rest] = enter(node, ["ctr", "--namespace=k8s.io", "images", "import", "-"]);
  const tar = spawn("tar", ["-c", "-C", layout, ...known.map((blob) => `--exclude=${blob}`), "."], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ctr = spawn(program, rest, { stdio: [tar.stdout, "ignore", "ignore"] });
  tar.stdout.destroy(); // ctr reads it, not we
  return new Promise((resolve, reject) => {
    tar.on("error", reject);
    ctr.on("error", reject);
    ctr.on("close", (code) => resolve(code === 0));
  });
}
