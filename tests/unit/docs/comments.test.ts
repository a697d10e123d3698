import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../support/documents.ts";

/** Openings of comments that lean on a neighbour, or have no clear subject or verb. */
const opening =
  /\/\*\*?\s+(?:\*\s)?(?:Of|The same|Who|Whom|Whose|Whoever|Answers (?:with|whether|how|what)|Makes of|By wh\w+|What there is|What somebody|What is (?:said|told)|Sees to|To be called|Fine (?:when|if|where)|So many)\b|\/\*\*?\s+(?:\*\s)?\/\w/g;

describe("a comment", () => {
  it("begins by saying what the thing is or does", () => {
    const files = execFileSync("git", ["ls-files", "*.ts"], { cwd: root, encoding: "utf8" }).trim().split("\n");
    const found = files
      .filter((file) => existsSync(join(root, file)))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), "utf8");
        return [...text.matchAll(opening)].map(({ index }) => {
          const line = text.slice(0, index).split("\n").length;
          return `${file}:${line}: ${text.slice(index, index + 60).replaceAll(/\s+/g, " ")}`;
        });
      });
    expect(found).to.deep.equal([]);
  });
});
