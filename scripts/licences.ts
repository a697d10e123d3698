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
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface Licensed {
  readonly name: string;
  readonly version: string;
  /** SPDX expression; empty if the package doesn't state one. */
  readonly licence: string;
}

/** The packages that are installed with ours, without peer dependencies, which the user installs. */
export function shipped(): Licensed[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, LockedPackage>>;
  };
  const found = new Map<string, Licensed>();
  const follow = (from: string): void => {
    for (const name of Object.keys(lock.packages[from]?.dependencies ?? {})) {
      const path = nearest(lock.packages, from, name);
      if (path === undefined || found.has(path)) continue;
      const { version = "", license = "" } = lock.packages[path] ?? {};
      found.set(path, { name, version, licence: license });
      follow(path);
    }
  };
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
