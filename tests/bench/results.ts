import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join, relative } from "node:path";
import { packageVersion } from "../../provider/base/package.ts";

const folder = join(import.meta.dirname, "..", "..", "bench-results");
/** The results that the documentation shows. */
const keptFolder = join(import.meta.dirname, "results");

/** What a benchmark has found. */
export interface Measured {
  /** What is kept, if it is wanted, as the results that the documentation shows. */
  readonly kept: object;
  /** All single figures. */
  readonly samples: object;
  /** A plot of the results, as SVG. */
  readonly plot?: string;
}

/** Writes all results and the environment to a file, and prints its path. */
export async function writeResults(name: string, { kept, samples }: Measured): Promise<void> {
  const at = new Date().toISOString();
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${at.replaceAll(/[:.]/g, "-")}.json`);
  await writeFile(
    path,
    `${JSON.stringify({ at, packageVersion, machine: machine(), ...kept, samples }, undefined, 2)}\n`,
  );
  console.log(`\nraw samples: ${relative(process.cwd(), path)}`);
}

/** Writes results, and a plot of them, in place of the former ones that the documentation shows. */
export async function keepResults(name: string, { kept, plot }: Measured): Promise<void> {
  await mkdir(keptFolder, { recursive: true });
  const at = new Date().toISOString().slice(0, 10);
  const text = JSON.stringify({ at, packageVersion, machine: machine(), ...kept }, shortened, 2);
  await writeFile(join(keptFolder, `${name}.json`), `${text}\n`);
  if (plot !== undefined) await writeFile(join(keptFolder, `${name}.svg`), plot);
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
