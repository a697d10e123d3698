import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/documents.ts";

/** Folders whose own folders have no lines in the tree, but are named in the folder's description. */
const described = ["provider/lifecycle/", "provider/model/", "docs/"];
/** Folders whose own folders each have a line in the tree. */
const listed = ["provider/", "tests/", "scripts/"];

/** The folders in the tree of ARCHITECTURE.md, as paths from the root; each ends in a slash. */
function foldersInTree(): string[] {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const [, tree = ""] = /## The rooms\n+```\n([^]*?)```/.exec(text) ?? [];
  let parent = "";
  return [...tree.matchAll(/^( *)([\w.-]+\/)(.*(?:\n {10,}.*)*)/gm)].flatMap(([, indent, name = "", words = ""]) => {
    if (indent === "") parent = name;
    const path = indent === "" ? name : parent + name;
    return [path, ...(described.includes(path) ? (words.match(/[\w-]+\//g) ?? []).map((one) => path + one) : [])];
  });
}

/** The folders on disk that git knows: those at the root, and those directly in a folder of `listed` or `described`. */
function foldersOnDisk(): string[] {
  const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).split("\n");
  const folders = files.flatMap((file) => [
    ...(file.match(/^[^./][^/]*\//) ?? []),
    ...[...listed, ...described].flatMap((folder) => {
      const [first = "", ...rest] = file.startsWith(folder) ? file.slice(folder.length).split("/") : [];
      return rest.length > 0 ? [`${folder}${first}/`] : [];
    }),
  ]);
  return [...new Set(folders)];
}

describe("the tree in ARCHITECTURE.md", () => {
  it("matches the folders on disk", () => {
    expect(foldersInTree().sort()).to.deep.equal(foldersOnDisk().sort());
  });
});
