/**
 * Writes docs/licences.md from the lock file, a list of the npm packages that are installed with ours: `npm run
 * docs:licences`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";

const root = join(import.meta.dirname, "..");
export const page = join(root, "docs", "licences.md");

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface Shipped {
  /** The path where npm puts the package, which is unique: `node_modules/zod`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** SPDX expression; empty if the package doesn't state one. */
  readonly licence: string;
  /** Hash of the package's archive in the registry, as in the lock file: `sha512-…` in base64. */
  readonly integrity: string;
  /** Paths of the package's dependencies. */
  readonly needs: readonly string[];
}

/** The packages that are installed with ours, without peer dependencies, which the user installs. */
export function shipped(): Shipped[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, LockedPackage>>;
  };
  const found = new Map<string, Shipped>();
  const follow = (from: string): string[] =>
    Object.keys(lock.packages[from]?.dependencies ?? {}).flatMap((name) => {
      const path = nearest(lock.packages, from, name);
      if (path === undefined) return [];
      if (found.has(path)) return [path];
      const { version = "", license = "", integrity = "" } = lock.packages[path] ?? {};
      const entry = { path, name, version, licence: license, integrity };
      // Store the package before its dependencies are followed, so that a cycle of dependencies ends.
      found.set(path, { ...entry, needs: [] });
      found.set(path, { ...entry, needs: follow(path) });
      return [path];
    });
  follow("");
  return [...found.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** Resolves a package as Node.js does, in the nearest `node_modules`. */
function nearest(packages: Readonly<Record<string, LockedPackage>>, from: string, name: string): string | undefined {
  const folders = from.split("/node_modules/").map((_, index, all) => all.slice(0, index + 1).join("/node_modules/"));
  const candidates = [
    ...folders
      .filter(Boolean)
      .reverse()
      .map((folder) => `${folder}/`),
    "",
  ];
  return candidates.map((folder) => `${folder}node_modules/${name}`).find((path) => packages[path]);
}

/** The expected text of the page. */
export async function pageText(): Promise<string> {
  const rows = shipped().map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  const text = `# Licences

The npm packages that are installed along with \`pulumi-vnic\`, from the lock file. Peer dependencies aren't listed. \`npm run docs:licences\` writes
this page; a test refuses a licence that isn't permissive.

| Package | Version | Licence |
| --- | --- | --- |
${rows.join("\n")}
`;
  return format(text, { ...(await resolveConfig(page)), filepath: page });
}

if (import.meta.main) writeFileSync(page, await pageText());
