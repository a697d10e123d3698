import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join, relative } from "node:path";
import { packageVersion } from "../../provider/base/package.ts";

const folder = join(import.meta.dirname, "..", "..", "bench-results");
/** The results that the documentation shows. */
const kept = join(import.meta.dirname, "results");

/** Writes all results and the environment to a file, and prints its path. */
export async function writeResults(name: string, measured: object): Promise<void> {
  const at = new Date().toISOString();
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${at.replaceAll(/[:.]/g, "-")}.json`);
  await writeFile(path, `${JSON.stringify({ at, packageVersion, machine: machine(), ...measured }, undefined, 2)}\n`);
  console.log(`\nraw samples: ${relative(process.cwd(), path)}`);
}

/** Writes results, and a plot of them, in place of the former ones that the documentation shows. */
export async function keepResults(name: string, measured: object, svg?: string): Promise<void> {
  await mkdir(kept, { recursive: true });
  const at = new Date().toISOString().slice(0, 10);
  const text = JSON.stringify({ at, packageVersion, machine: machine(), ...measured }, shortened, 2);
  await writeFile(join(kept, `${name}.json`), `${text}\n`);
  if (svg !== undefined) await writeFile(join(kept, `${name}.svg`), svg);
}

/** The machine in a few words. */
export function machineInWords(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${memory} GiB, Linux ${/^\d+\.\d+/.exec(release())?.[0]}, Node.js ${process.versions.node}`;
}

function machine() {
  return {
    cpus: cpus().map(({ model }) => model),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.versions.node,
  };
}

function shortened(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 100) / 100 : value;
}
