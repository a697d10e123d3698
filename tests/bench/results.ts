import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join, relative } from "node:path";
import { packageVersion } from "../../provider/base/package.ts";

const folder = join(import.meta.dirname, "..", "..", "bench-results");

/** Writes all results and the environment to a file, and prints its path. */
export async function writeResults(name: string, measured: object): Promise<void> {
  const at = new Date().toISOString();
  const machine = {
    cpus: cpus().map(({ model }) => model),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.versions.node,
  };
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${at.replaceAll(/[:.]/g, "-")}.json`);
  await writeFile(path, `${JSON.stringify({ at, packageVersion, machine, ...measured }, undefined, 2)}\n`);
  console.log(`\nraw samples: ${relative(process.cwd(), path)}`);
}
