import { createReadStream, existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { spawn } from "node:child_process";
import type { Image } from "./images.ts";
import { nodeDir, type Node } from "./layout.ts";
import { enter } from "./enter.ts";
import { until } from "./run.ts";

/** Brings images to a node's containerd, those that it hasn't got yet in this very form. */
export async function importImages(node: Node, images: readonly Image[]): Promise<void> {
  const record = join(nodeDir(node), "images.json");
  const known = existsSync(record) ? (JSON.parse(await readFile(record, "utf8")) as Record<string, string>) : {};
  for (const { reference, archive } of images) {
    if (known[reference] === basename(archive)) continue;
    await until(`containerd of ${node} to take ${reference}`, 30, () => importImage(node, archive));
    known[reference] = basename(archive);
    await writeFile(record, JSON.stringify(known));
  }
}

/** The archive goes through a pipe: the node may not see the cache's folder. */
function importImage(node: Node, archive: string): Promise<true | undefined> {
  const [program = "", ...rest] = enter(node, ["ctr", "--namespace=k8s.io", "images", "import", "-"]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ["pipe", "ignore", "ignore"] });
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? true : undefined));
    child.stdin.on("error", () => undefined);
    createReadStream(archive, { highWaterMark: 1 << 20 }).pipe(child.stdin);
  });
}
