import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { marked, type Token, type Tokens } from "marked";
import { root } from "../../support/documents.ts";
import { protections } from "./protections.ts";

const tokens = marked.lexer(readFileSync(join(root, "docs/security.md"), "utf8"));

/** Each row of the table of what somebody can't do, as a sentence. */
function rows(): string[] {
  return tokens
    .filter((token): token is Tokens.Table => token.type === "table")
    .filter(({ header }) => header.at(-1)?.text === "can't …")
    .flatMap(({ rows }) => rows.map(([who, what]) => `${who?.text} can't ${what?.text}`));
}

/** The sentences outside of tables that say what somebody can't do. */
function sentences(): string[] {
  return tokens
    .flatMap((token: Token) => (token.type === "list" ? (token as Tokens.List).items : [token]))
    .filter(({ type }) => type === "paragraph" || type === "list_item")
    .flatMap(({ raw }) => raw.replaceAll(/\s+/g, " ").split(/(?<=[.:]) /))
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\b(can't|cannot|nobody can|can only|can never)\b/.test(sentence) && !sentence.endsWith(":"));
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

describe("each protection that docs/security.md states", () => {
  const stated = [...rows(), ...sentences()];
  const listed = Object.keys(protections);

  it("is listed with its tests", () => {
    expect(rows()).to.have.length.greaterThan(20);
    expect(stated.filter((sentence) => !listed.includes(sentence))).to.deep.equal([]);
  });

  it("is still there if it is listed", () =>
    expect(listed.filter((sentence) => !stated.includes(sentence))).to.deep.equal([]));

  for (const [sentence, proofs] of Object.entries(protections))
    it(`has existing tests: ${sentence}`, () => {
      expect(proofs).to.not.deep.equal({});
      for (const [file, titles] of Object.entries(proofs)) {
        expect(existsSync(join(root, "tests", file)), file).to.equal(true);
        expect(titles, file).to.not.deep.equal([]);
        expect(titlesIn(join(root, "tests", file)), file).to.include.members([...titles]);
      }
    });
});
