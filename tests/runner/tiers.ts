import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { missingForBrowser, prepareBrowser } from "../browser/chromium.ts";
import { ensureDebianPackages } from "../lab/debian-packages.ts";
import {
  ensureCrio,
  ensureHelm,
  ensureKubernetes,
  ensureKubernetesPlugin,
  ensurePromtool,
  ensurePulumi,
  missing,
  missingForEngine,
  missingForHelm,
} from "../lab/index.ts";
import { ensureKapply } from "../lab/programs.ts";
import { missingForApi, prepareApi } from "../support/api/prepare.ts";
import { missingForKernel, prepareKernel } from "../support/kernel/prepare.ts";

/** The folder `tests`. */
export const testsFolder = join(import.meta.dirname, "..");

/** A folder of tests with the same requirements. */
export interface Tier {
  readonly name: string;
  /**
   * Time limit in seconds of each test that doesn't set one. It is only for hangs, so it is many times what the test takes:
   * a machine may be slow, and be busy with other tests and builds.
   */
  readonly timeoutSeconds: number;
  /** Whether each file needs a whole lab to itself, in its own process. */
  readonly usesLab?: boolean;
  /** How many processes share the tier's files, one file after another. @default each file has its own process */
  readonly processes?: number;
  /** Whether its files mostly wait, for the kernel, for leases and for timeouts, so that many can run side by side. */
  readonly mostlyWaits?: boolean;
  /** Describes what this machine lacks to run the tier, whose tests are then skipped. */
  readonly missing?: () => readonly string[] | Promise<readonly string[]>;
  /** Prepares what the first test needs, which may take minutes on a fresh machine. */
  readonly prepare?: () => Promise<unknown>;
  /** What that consists of, if it comes before all else: packages take seconds, and labs need a part of them anyway. */
  readonly prepares?: "packages" | "a part of labs";
  /** How to prepare what only this file needs. */
  readonly prepareFile?: (file: string) => (() => Promise<unknown>) | undefined;
}

/** Builds what each lab consists of, and installs its packages. */
async function prepareLab(): Promise<void> {
  await ensureDebianPackages();
  await ensureKubernetes();
  await ensureCrio();
}

/** Builds the engine in addition to the lab. */
async function prepareEngine(): Promise<void> {
  await prepareLab();
  await ensurePulumi();
}

/** What single files need in addition to their tier. The engine's Kubernetes plugin takes longer than everything else. */
const neededByFile = new Map<string, () => Promise<unknown>>([
  ["api/progress.test.ts", ensureKapply],
  ["e2e/helm.test.ts", ensureHelm],
  ["e2e/platform.test.ts", ensureKubernetesPlugin],
  ["reconciler/kstatus.test.ts", ensureKapply],
  ["release/alerts.test.ts", ensurePromtool],
  ["release/chart.test.ts", ensureHelm],
]);

const prepareFile = (file: string) => neededByFile.get(relative(testsFolder, file));

/** All tiers, in the order in which they begin. */
export const tiers: readonly Tier[] = [
  { name: "unit", timeoutSeconds: 300, processes: 2 },
  { name: "provider", timeoutSeconds: 300 },
  { name: "browser", timeoutSeconds: 300, missing: missingForBrowser, prepare: prepareBrowser, prepares: "packages" },
  {
    name: "kernel",
    timeoutSeconds: 600,
    mostlyWaits: true,
    missing: missingForKernel,
    prepare: prepareKernel,
    prepares: "packages",
  },
  // Each process starts an API server for all of its files.
  {
    name: "api",
    timeoutSeconds: 600,
    processes: 2,
    missing: missingForApi,
    prepare: prepareApi,
    prepares: "a part of labs",
    prepareFile,
  },
  // The real engine without a cluster.
  { name: "preview", timeoutSeconds: 900, missing: missingForEngine, prepare: ensurePulumi },
  { name: "release", timeoutSeconds: 600, missing: missingForHelm, prepareFile },
  { name: "lifecycle", timeoutSeconds: 600, usesLab: true, missing, prepare: prepareLab },
  { name: "reconciler", timeoutSeconds: 1200, usesLab: true, missing, prepare: prepareLab, prepareFile },
  { name: "e2e", timeoutSeconds: 900, usesLab: true, missing, prepare: prepareEngine, prepareFile },
  { name: "lab", timeoutSeconds: 600, usesLab: true, missing, prepare: prepareLab },
];

/** The test files of a tier that the command line asks for, or all if it names none. */
export function filesOf({ name }: Tier, requested: readonly string[]): string[] {
  const folder = join(testsFolder, name);
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file))
    .sort();
  return requested.length === 0 ? files : files.filter((file) => requested.some((path) => covers(path, file)));
}

/**
 * Whether a path on the command line, relative to the current directory or to `tests`, is the file or a folder that
 * contains it.
 */
export function covers(path: string, file: string): boolean {
  return [resolve(path), join(testsFolder, path)].some((found) => file === found || file.startsWith(`${found}/`));
}
