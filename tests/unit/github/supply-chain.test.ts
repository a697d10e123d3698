import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { parse } from "yaml";
import { root } from "../../support/documents.ts";

/* Where code of others comes from, and who proposes newer versions of it. */

interface Package {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
}
interface Update {
  readonly "package-ecosystem": string;
  readonly directory?: string;
  readonly directories?: readonly string[];
}

const textOf = (file: string): string => readFileSync(join(root, file), "utf8");
const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).trim().split("\n");

describe("code of others", () => {
  it("comes from the npm registry alone, with the hash of each package in the lock file", () => {
    const { packages } = JSON.parse(textOf("package-lock.json")) as { packages: Record<string, Package> };
    const installed = Object.entries(packages).filter(([path, { link }]) => path.includes("node_modules/") && !link);
    expect(installed.length).to.be.greaterThan(100);
    for (const [path, { resolved, integrity }] of installed) {
      // npm leaves out the addresses in the registry, so any address would be another one.
      expect(resolved, path).to.equal(undefined);
      expect(integrity, path).to.match(/^sha512-[\w+/]{86}==$/);
    }
  });

  it("is pinned by a hash in each Dockerfile and each Go module", () => {
    for (const file of files.filter((one) => /(^|\/)Dockerfile$/.test(one)))
      for (const [, image] of textOf(file).matchAll(/^FROM (.+?)(?: AS \w+)?$/gm))
        expect(image, file).to.match(/@sha256:[0-9a-f]{64}$/);
    for (const file of files.filter((one) => one.endsWith("/go.mod")))
      expect(files, file).to.include(join(dirname(file), "go.sum"));
  });

  const manifests: [ecosystem: string, name: RegExp][] = [
    ["npm", /(^|\/)package-lock\.json$/],
    ["gomod", /(^|\/)go\.mod$/],
    ["docker", /(^|\/)Dockerfile$/],
    ["github-actions", /(^|\/)\.github\/workflows\/[^/]+\.yml$/],
  ];
  for (const [ecosystem, name] of manifests)
    it(`gets newer versions proposed wherever it is used: ${ecosystem}`, () => {
      const { updates } = parse(textOf(".github/dependabot.yml")) as { updates: readonly Update[] };
      const watched = updates
        .filter((one) => one["package-ecosystem"] === ecosystem)
        .flatMap(({ directory, directories = [] }) => (directory === undefined ? directories : [directory]));
      const used = files.filter((one) => name.test(one));
      expect(used).to.not.be.empty;
      for (const file of used) {
        const folder = join("/", dirname(ecosystem === "github-actions" ? dirname(dirname(file)) : file));
        const isWatched = watched.some((glob) => new RegExp(`^${glob.replaceAll("*", "[^/]+")}$`).test(folder));
        expect(isWatched, file).to.equal(true);
      }
    });
});
