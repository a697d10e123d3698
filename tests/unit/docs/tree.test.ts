import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/documents.ts";

/** The folders in the tree of ARCHITECTURE.md, as paths from the root; each ends in a slash. */
function foldersInTree(): string[] {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const [, tree = ""] = /## The rooms\n+```\n([^]*?)```/.exec(text) ?? [];
  let parent = "";
  return tree
    .split("\n")
    .filter((line) => /^( {2})?[\w.-]+\//.test(line))
    .map((line) => {
      const [folder = ""] = line.trim().split(" ");
      if (!line.startsWith(" ")) parent = folder;
      return line.startsWith(" ") ? parent + folder : folder;
    });
}

/** The folders on disk that git knows: those at the root, and the rooms of `provider/`. */
function foldersOnDisk(): string[] {
  const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
  const folders = files.flatMap((file) => [/^[^.][^/]*\//.exec(file)?.[0], /^provider\/[^/]+\//.exec(file)?.[0]]);
  return [...new Set(folders.filter((folder) => folder !== undefined))];
}

describe("the tree in ARCHITECTURE.md", () => {
  it("matches the folders on disk", () => {
    expect(foldersInTree().sort()).to.deep.equal(foldersOnDisk().sort());
  });
});
