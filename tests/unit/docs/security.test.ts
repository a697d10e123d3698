import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { marked, type Tokens } from "marked";
import { root } from "../../support/documents.ts";

const page = readFileSync(join(root, "docs/security.md"), "utf8");

/** The last cell of each row, in the page's tables whose last column has the given header. */
function cellsUnder(header: string): string[] {
  return marked
    .lexer(page)
    .filter((token): token is Tokens.Table => token.type === "table")
    .filter((table) => table.header.at(-1)?.text === header)
    .flatMap(({ rows }) => rows.map((row) => row.at(-1)?.text ?? ""));
}

/**
 * The titles of the tests in a file, with an ellipsis for each part that varies. Where whole titles come from a table,
 * each string in the file counts as a title.
 */
function titlesIn(path: string): string[] {
  const source = readFileSync(path, "utf8");
  const literals = [...source.matchAll(/\bit\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g)];
  const tabled = /\bit\(\w+,/.test(source) ? [...source.matchAll(/"([^"\n]*)"/g)] : [];
  return [...literals, ...tabled].map(([, plain, template]) =>
    (plain ?? template ?? "").replaceAll(/\$\{[^}]*\}/g, "…"),
  );
}

describe("each protection that docs/security.md lists", () => {
  const cells = cellsUnder("tested in");

  it("is in a table", () => expect(cells.length).to.be.greaterThan(20));

  for (const cell of cells)
    it(`has existing tests: ${cell}`, () => {
      const files = [...cell.matchAll(/\]\(\.\.\/tests\/([^)]+)\)((?:;? "[^"]+")+)/g)];
      expect(files).to.not.deep.equal([]);
      for (const [, file = "", quoted = ""] of files) {
        const path = join(root, "tests", file);
        expect(existsSync(path), file).to.equal(true);
        const titles = titlesIn(path);
        for (const [, title = ""] of quoted.matchAll(/"([^"]+)"/g)) expect(titles, file).to.include(title);
      }
    });
});
