import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/** The sources of a release. */
const sources = [
  ".npmrc",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "charts",
  "package-lock.json",
  "package.json",
  "provider",
  "scripts",
  "sdk",
  "tsconfig.build.json",
  "tsconfig.json",
];

/**
 * A copy of the sources. A build in it contains nothing of earlier builds, and leaves the checkout's own build
 * unchanged.
 */
export class Stage {
  readonly folder: string;

  /** The copy is inside the checkout, so that Node.js finds the packages that are installed there. */
  constructor() {
    mkdirSync(join(root, "dist"), { recursive: true });
    this.folder = mkdtempSync(join(root, "dist", ".release-"));
    for (const source of sources) cpSync(join(root, source), join(this.folder, source), { recursive: true });
  }

  /** Builds the package. The types of sources that were built already, but for a constant's value, needn't be checked. */
  build({ checksTypes = true } = {}): void {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    this.node(compiler, "-p", "tsconfig.build.json", ...(checksTypes ? [] : ["--noCheck"]));
    this.node("scripts/finish-build.ts");
  }

  /** Makes an image the default of the built package, manifests and chart. */
  setDefaultImage(image: string): void {
    const file = join(this.folder, "provider", "base", "package.ts");
    const parts = readFileSync(file, "utf8").split(/(?<=^export const defaultImage = ).*(?=;$)/m);
    if (parts.length !== 2) throw new Error(`${file}: it has no line with the default image`);
    writeFileSync(file, parts.join(JSON.stringify(image)));
  }

  /** Runs a program of Node.js in the stage, and returns what it prints. */
  node(...argv: readonly string[]): string {
    return this.run(process.execPath, ...argv);
  }

  run(program: string, ...argv: readonly string[]): string {
    return execFileSync(program, argv, {
      cwd: this.folder,
      encoding: "utf8",
      maxBuffer: 64 << 20,
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
