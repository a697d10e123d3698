import { expect } from "chai";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Document, readDocuments, root } from "../../support/documents.ts";

const documents = readDocuments();

/** The path from the root and the anchor of a link within the repository; undefined for any other link. */
function target(from: Document, link: string): { path: string; anchor: string | undefined } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = "", anchor] = link.split("#");
  const found = path === "" ? from.path : join(dirname(from.path), decodeURI(path));
  return { path: found.endsWith("/") ? pageOf(found) : found, anchor };
}

/** The file that GitHub shows for a path: for a folder, its README. */
function pageOf(folder: string): string {
  const page = join(folder, "README.md");
  return existsSync(join(root, page)) ? page : folder;
}

function linksOf(document: Document) {
  return document.links.flatMap((link) => target(document, link) ?? []);
}

describe("the links in the documentation", () => {
  for (const document of documents)
    it(`have existing targets: ${document.path}`, () => {
      const broken = linksOf(document).filter(({ path, anchor }) => {
        if (!existsSync(join(root, path))) return true;
        const other = documents.find((document) => document.path === path);
        return anchor !== undefined && !other?.anchors.includes(anchor);
      });
      expect(broken).to.deep.equal([]);
    });

  it("lead from the README to every page", () => {
    const reached = new Set<string>();
    const visit = (path: string) => {
      const document = documents.find((document) => document.path === path);
      if (!document || reached.has(path)) return;
      reached.add(path);
      for (const { path } of linksOf(document)) visit(path);
    };
    visit("README.md");
    const pages = documents.map(({ path }) => path).filter((path) => /^(docs|examples)\/|^[A-Z]+\.md$/.test(path));
    expect(pages.filter((path) => !reached.has(path))).to.deep.equal([]);
  });
});

describe("the paths in the documentation", () => {
  const named = /^(?:provider|sdk|tests|docs|examples|scripts|\.ci|\.github)\/[\w./-]*$/;

  for (const document of documents)
    it(`exist: ${document.path}`, () => {
      const paths = document.spans.filter((span) => named.test(span));
      expect(paths.filter((path) => !existsSync(join(root, path)))).to.deep.equal([]);
    });
});

describe("the size limits of the first pages", () => {
  it("hold: README.md has at most 8 KB, ARCHITECTURE.md at most 14 KB", () => {
    expect(statSync(join(root, "README.md")).size).to.be.at.most(8 * 1024);
    expect(statSync(join(root, "ARCHITECTURE.md")).size).to.be.at.most(14 * 1024);
  });
});
